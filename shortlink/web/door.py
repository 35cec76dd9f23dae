"""The API door on the server's event loop: what comes in masses is answered right there, the rest by the Flask app."""

from __future__ import annotations

import asyncio
import logging

from shortlink.http1.exchange import ClientLeft, Exchange
from shortlink.http1.request import Intake, Request
from shortlink.http1.wire import head_of
from shortlink.web.body import MAX_BODY
from shortlink.web.express import ExpressLane
from shortlink.web.slashes import meant_path
from shortlink.web.tracing import trace_sends
from shortlink.web.wsgi_bridge import WsgiBridge
from shortlink.web.xoxzo.batch import BATCH_PATH, MAX_BATCH_BODY
from shortlink.web.xoxzo.idempotency import IDEMPOTENCY_KEY

log = logging.getLogger(__name__)
_FAULT = head_of(500, [("Content-Length", "0")])
_SEND = frozenset({"/sms/messages", "/sms/messages/"})
_BATCH = frozenset({BATCH_PATH, f"{BATCH_PATH}/"})


def body_bytes(request: Request) -> int:
    """Say how long a request's body may be."""
    return MAX_BATCH_BODY if meant_path(request.path) in _BATCH else MAX_BODY


class ApiDoor:
    """Answers the requests of one process."""

    intake = Intake(body_bytes=body_bytes, judges_bodies=True, takes_chunks=True)

    def __init__(self, bridge: WsgiBridge, express: ExpressLane) -> None:
        self._bridge = bridge
        self._express = express
        self._send = trace_sends(express.send)
        self._under_way: set[asyncio.Task[None]] = set()  # the loop itself would let go of them

    def close(self) -> None:
        """Let go of the store."""
        self._express.close()

    def answer(self, request: Request, peer: str, exchange: Exchange) -> None:
        """Answer a request later; `peer` is the address of who is connected."""
        task = asyncio.get_running_loop().create_task(self.handle(request, peer, exchange))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def handle(self, request: Request, peer: str, exchange: Exchange) -> None:
        """Answer a request to its end; never raises."""
        try:
            sends = request.method == "POST" and meant_path(request.path) in _SEND
            if sends and IDEMPOTENCY_KEY not in request.repeated:
                answer = await self._send(request.headers, request.body)
                if answer is not None:
                    status, headers, body = answer
                    exchange.reply(head_of(status, [*headers, ("Content-Length", str(len(body)))]), body)
                    return
            await self._bridge.answer(request, peer, exchange)
        except ClientLeft:
            log.debug("the client left before its answer")
        except Exception:  # neither the lane nor the app lets one out; whoever asked must not wait for it
            log.exception("request failed")
            exchange.reply(_FAULT, b"")
