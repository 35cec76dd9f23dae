"""The API door on the server's event loop: what comes in masses is answered right there, the rest by the Flask app."""

from __future__ import annotations

import logging
from asyncio import AbstractEventLoop

from flask import Flask

from shortlink.telemetry import stop_telemetry
from shortlink.web.body import MAX_BODY
from shortlink.web.express import ExpressLane
from shortlink.web.rsgi import Protocol, ProtocolClosed, Scope
from shortlink.web.tracing import trace_sends
from shortlink.web.wsgi_bridge import WsgiBridge
from shortlink.web.xoxzo.batch import BATCH_PATH, MAX_BATCH_BODY

log = logging.getLogger(__name__)
_SEND = frozenset({"/sms/messages", "/sms/messages/"})
_BATCH = frozenset({BATCH_PATH, f"{BATCH_PATH}/"})


class ApiDoor:
    """An RSGI application."""

    def __init__(self, app: Flask, express: ExpressLane) -> None:
        self._bridge = WsgiBridge(app)
        self._express = express
        self._send = trace_sends(express.send)

    def __rsgi_del__(self, loop: AbstractEventLoop) -> None:
        """Let go of the store when the server ends, and send the last traces: its process skips Python's own end."""
        self._express.close()
        stop_telemetry()

    async def __rsgi__(self, scope: Scope, protocol: Protocol) -> None:
        """Answer one request."""
        try:
            body = await _read(scope, protocol)
            if scope.method == "POST" and scope.path in _SEND:
                answer = await self._send(scope.headers, body)
                if answer is not None:
                    protocol.response_bytes(*answer)
                    return
            await self._bridge.answer(scope, protocol, body)
        except ProtocolClosed:
            log.debug("the client left before its answer")


async def _read(scope: Scope, protocol: Protocol) -> bytes:
    """Read a body; of one that is too long, just so much that the app sees that it is."""
    headers = scope.headers
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        return b""
    most = MAX_BATCH_BODY if scope.path in _BATCH else MAX_BODY
    read = bytearray()
    try:
        if length is not None and int(length) <= most:
            return await protocol()
        async for piece in protocol:
            read += piece
            if len(read) > most:
                break
    except ProtocolClosed:  # the client fell silent; it may still listen, and the view sees that something is missing
        return b""
    return bytes(read[: most + 1])
