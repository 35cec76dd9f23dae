"""The baseline: an empty Flask view, on the very server that the doors run on, or on granian.

Arguments: `own` or `granian`, and the port. The first is like for like. The second is a server in Rust, whose way of
running Flask, threads and WSGI, is quicker than ours: what is left of a send's rate beside the best there is.
"""

from __future__ import annotations

import asyncio
import socket
import sys

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from shortlink.http1.exchange import Exchange
from shortlink.http1.listening import open_sockets
from shortlink.http1.parent import Parent
from shortlink.http1.request import Intake, Request
from shortlink.http1.server import Limits, Server, loop_factory, serve_until_told
from shortlink.lifeline import die_with_parent
from shortlink.web.wsgi_bridge import THREADS, WsgiBridge

HOST = "127.0.0.1"


class FlaskDoor:
    """The API door without anything but the app."""

    intake = Intake(body_bytes=lambda _: 0)

    def __init__(self, bridge: WsgiBridge) -> None:
        self._bridge = bridge
        self._under_way: set[asyncio.Task[None]] = set()

    def answer(self, request: Request, peer: str, exchange: Exchange) -> None:
        """Answer a request."""
        task = asyncio.get_running_loop().create_task(self._bridge.answer(request, peer, exchange))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)


def make_app() -> Flask:
    """Make the app."""
    die_with_parent()
    app = Flask("empty", static_folder=None)

    @app.get("/")
    def empty() -> str:
        return ""

    return app


def _serve(listening: socket.socket) -> None:
    host, port = listening.getsockname()
    door = FlaskDoor(WsgiBridge(make_app(), host=host, port=port))
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(serve_until_told(Server(door, Limits()), listening))


def _serve_on_granian(port: int) -> None:
    server = MPServer(
        "bench.empty_view:make_app",
        factory=True,
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        workers=1,
        websockets=False,
        http=HTTPModes.http1,
        log_level=LogLevels.error,
        log_access=False,
    )
    server.serve()


def main() -> None:
    """Serve it on the port given."""
    kind, port = sys.argv[1], int(sys.argv[2])
    if kind == "granian":
        _serve_on_granian(port)
    else:
        sys.exit(Parent(open_sockets(HOST, port, 1), _serve).run())


if __name__ == "__main__":
    main()
