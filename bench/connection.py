"""One kept-alive HTTP/1.1 connection, and no more of HTTP than the bench needs."""

from __future__ import annotations

import asyncio
import re

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_BODILESS = (204, 304)


class BadAnswer(Exception):
    """An answer that the bench did not ask for; there is no figure then."""


def whole_message(received: bytes) -> bool:
    """Whether a whole request or answer was received. Raises BadAnswer when its end cannot be told."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return False
    length = _LENGTH.search(received, 0, head)
    if length is not None:
        return len(received) >= head + 4 + int(length[1])
    if received.startswith(b"HTTP/") and status_of(received) not in _BODILESS:
        raise BadAnswer(f"an answer without Content-Length: {received[:300]!r}")
    return True


def status_of(answer: bytes) -> int:
    """Read the status code of an answer."""
    return int(answer[9:12])


def body_of(message: bytes) -> bytes:
    """Cut off the head."""
    return message.partition(b"\r\n\r\n")[2]


class Connection(asyncio.Protocol):
    """Sends requests that were written beforehand and gives back answers as they came."""

    def __init__(self) -> None:
        self._received = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int) -> Connection:
        """Connect to a port on loopback."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    async def exchange(self, request: bytes) -> bytes:
        """Send a request and wait for its whole answer."""
        if self._transport is None:
            raise ConnectionError("this connection was closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close it."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            if not whole_message(self._received):
                return
        except BadAnswer as error:
            self._end(error)
            return
        received, self._received = self._received, b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(received)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._end(exc or ConnectionError("the server closed the connection"))

    def _end(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
