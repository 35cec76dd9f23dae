"""Where callbacks go: a receiver that notes when each one arrived and answers 200, at once or after a while."""

from __future__ import annotations

import asyncio
import threading
import time
from types import TracebackType
from typing import Self

from bench.connection import whole_message

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Sink:
    """Receives `POST /<number>` on a thread of its own; use it as a context manager."""

    def __init__(self, latency_ms: float = 0.0) -> None:
        self._latency_seconds = latency_ms / 1000
        self.arrivals: dict[int, list[float]] = {}  # times of the machine's monotonic clock
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)

    def url(self, number: int) -> str:
        """The address that stands for a number."""
        return f"http://127.0.0.1:{self.port}/{number}"

    def __enter__(self) -> Self:
        self._thread.start()
        listening = self._loop.create_server(
            lambda: _Receiver(self.arrivals, self._latency_seconds), "127.0.0.1", 0, backlog=1024
        )
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(5)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


class _Receiver(asyncio.Protocol):
    def __init__(self, arrivals: dict[int, list[float]], latency_seconds: float) -> None:
        self._arrivals = arrivals
        self._latency_seconds = latency_seconds
        self._received = b""
        self._arrived = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._received:
            self._arrived = time.monotonic()
        self._received += data
        if whole_message(self._received):
            number = int(self._received.split(b" ", 2)[1].removeprefix(b"/"))
            self._arrivals.setdefault(number, []).append(self._arrived)
            self._received = b""
            if self._latency_seconds:
                asyncio.get_running_loop().call_later(self._latency_seconds, self._transport.write, _ANSWER)
            else:
                self._transport.write(_ANSWER)
