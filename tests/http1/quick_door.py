"""A door that answers at once, and connections to it over a transport that only notes what is done to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from shortlink.http1.connection import Connection
from shortlink.http1.exchange import Exchange
from shortlink.http1.request import Intake, Request
from shortlink.http1.server import Limits, Server, loop_factory
from shortlink.http1.wire import head_of

PATIENCE = 10.0
ANSWER = head_of(200, [("Content-Length", "2")])


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


class QuickDoor:
    """Answers at once, or, where it is told to, not until it may."""

    intake = Intake(body_bytes=lambda _: 10**7, judges_bodies=True, takes_chunks=True)

    def __init__(self, *, waits: bool = False) -> None:
        self.asked: list[str] = []
        self.kept: list[Exchange] = []
        self.waits = waits

    def answer(self, request: Request, peer: str, exchange: Exchange) -> None:
        self.asked.append(request.path)
        self.kept.append(exchange)
        if not self.waits:
            exchange.reply(ANSWER, b"ok")


class Line(asyncio.Transport):
    """A transport that keeps what was written, and how much of it the client has not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.unsent = b"", 0
        self._reads, self.is_cut_off = True, False
        self.can_end, self.is_ended = True, False  # on its own side: its client may still speak
        self.closing = asyncio.Event()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return None

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_reading(self) -> bool:
        return self._reads

    def pause_reading(self) -> None:
        self._reads = False

    def resume_reading(self) -> None:
        self._reads = True

    def can_write_eof(self) -> bool:
        return self.can_end

    def write_eof(self) -> None:
        self.is_ended = True

    def close(self) -> None:
        self.closing.set()

    def abort(self) -> None:
        self.is_cut_off = True


def connected(door: QuickDoor) -> tuple[Connection, Line]:
    return connected_to(Server(door, Limits()))


def connected_to(server: Server) -> tuple[Connection, Line]:
    connection, line = Connection(server), Line()
    connection.connection_made(line)
    return connection, line


def begun_post(size: int, *, come: int = 1) -> bytes:
    """A request whose body is still to come, but for its first letters."""
    return f"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * come


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())
