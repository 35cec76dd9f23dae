"""One client's connection: bytes in, one request at a time, answers in their order.

What a client sends while its request is under way stays in the buffer, up to a limit: so pipelining works, and costs
nobody else anything.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

from shortlink.dialects.link_answers import LinkAnswer
from shortlink.redirect.request import BadRequest, Request, parse
from shortlink.redirect.wire import CONTINUE, refusal, written

if TYPE_CHECKING:
    from shortlink.redirect.server import Server

HEAD_BYTES = 65_536
_EMPTY_LINE = b"\r\n\r\n"
_NO_LINGER = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """Reads requests, has the door answer them, writes the answers; `deadline` is when the server loses patience."""

    __slots__ = (
        "_body_left",
        "_buffer",
        "_has_begun",
        "_is_blocked",
        "_is_busy",
        "_is_closing",
        "_is_handing_over",
        "_is_over",
        "_is_paused",
        "_peer",
        "_request",
        "_searched",
        "_server",
        "_start",
        "_transport",
        "deadline",
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = b""
        self._start = 0  # of what is still to be read in it
        self._searched = 0  # bytes from there on that surely hold no empty line
        self._has_begun = False  # a head has, and is not whole yet
        self._request: Request | None = None
        self._body_left = 0
        self._is_busy = False  # the door has the request
        self._is_handing_over = False
        self._is_paused = False  # nothing more is read
        self._is_blocked = False  # the client does not take its answers
        self._is_over = False  # the client has nothing more to say
        self._is_closing = False
        self._peer: str | None = None
        self.deadline = server.now + server.limits.head_seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        if not self._server.admit(self):
            self._refuse(503)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002, why does not matter
        """Forget the connection; what is under way will be written to nobody."""
        self._is_closing = True
        self._server.forget(self)

    def data_received(self, data: bytes) -> None:
        """Take what came, and answer what is whole."""
        if self._is_closing:
            return
        self._buffer = self._buffer + data if self._buffer else data
        self._go_on()
        if len(self._buffer) > HEAD_BYTES and not self._is_paused and not self._is_closing:
            self._is_paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Keep the connection for what is still to be answered."""
        self._is_over = True
        return self._is_busy and not self._is_closing

    def pause_writing(self) -> None:
        """Take up nothing more from who does not read."""
        self._is_blocked = True
        self.deadline = self._server.now + self._server.limits.write_seconds

    def resume_writing(self) -> None:
        """Go on with who reads again."""
        self._is_blocked = False
        self.deadline = self._server.now + self._server.limits.idle_seconds
        self._go_on()

    def drain(self) -> None:
        """End the connection as soon as nothing is under way."""
        if self._request is None and not self._buffer:
            self.close()

    def lose_patience(self) -> None:
        """End the connection because its deadline is over."""
        if self._is_closing or self._is_blocked or self._is_busy:
            self._cut_off()
        elif self._buffer or self._request is not None:
            self._refuse(408)
        else:
            self.close()

    def close(self) -> None:
        """Close once everything is written."""
        self._is_closing = True
        self.deadline = self._server.now + self._server.limits.write_seconds
        self._transport.close()

    def _cut_off(self) -> None:
        """End the connection now, and have the kernel forget what the client did not take, too."""
        if (own := self._transport.get_extra_info("socket")) is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def _go_on(self) -> None:
        """Take up requests until one has to wait, for the door or for more of itself."""
        try:
            while not (self._is_busy or self._is_blocked or self._is_closing) and self._is_whole():
                self._hand_over()
        except BadRequest as bad:
            self._refuse(bad.status)
        if self._start:  # once for all that were read, however many came at once
            self._buffer, self._start = self._buffer[self._start :], 0
        if self._is_over and not self._is_busy and not self._is_closing:
            self.close()

    def _is_whole(self) -> bool:
        """Read on; say whether there is a whole request now. Raises BadRequest."""
        if self._request is None:
            while self._buffer.startswith(b"\r\n", self._start):
                self._start += 2  # some send one line too many after a body
            end = self._buffer.find(_EMPTY_LINE, self._start + self._searched)
            if end < 0 or end - self._start > HEAD_BYTES:
                self._wait_for_more(is_too_long=len(self._buffer) - self._start > HEAD_BYTES)
                return False
            self._begin(parse(self._buffer[self._start : end + 4]), end + 4)
        if self._body_left:
            skipped = min(self._body_left, len(self._buffer) - self._start)
            self._start += skipped
            self._body_left -= skipped
            if self._body_left:
                self._wait_for_more(is_too_long=False)
                return False
        return True

    def _begin(self, request: Request, end: int) -> None:
        self._start, self._searched = end, 0
        self._request = request
        self._body_left = request.body_bytes
        if request.expects_continue and len(self._buffer) - end < request.body_bytes:
            self._transport.write(CONTINUE)

    def _wait_for_more(self, *, is_too_long: bool) -> None:
        if is_too_long:
            raise BadRequest(431)
        self._searched = max(0, len(self._buffer) - self._start - 3)
        if not self._has_begun and (len(self._buffer) > self._start or self._request is not None):
            self._has_begun = True  # from here on the clock runs, however often a little more comes
            self.deadline = self._server.now + self._server.limits.head_seconds

    def _hand_over(self) -> None:
        """Let the door answer; it may do so at once or later."""
        request = self._request
        if request is None:
            return
        if self._peer is None:
            name = self._transport.get_extra_info("peername")
            self._peer = str(name[0]) if name else ""
        self._has_begun = False
        self._is_busy = self._is_handing_over = True
        self.deadline = self._server.now + self._server.limits.answer_seconds
        self._server.door.answer(request, self._peer, self._reply)
        self._is_handing_over = False

    def _reply(self, answer: LinkAnswer, extra: str) -> None:
        request, self._request = self._request, None
        self._is_busy = False
        if self._is_closing or request is None:  # the client has left, or was answered
            return
        server = self._server
        is_last = not request.keeps_alive or server.is_draining or (self._is_over and len(self._buffer) == self._start)
        if is_last:
            extra += "Connection: close\r\n"
        elif request.is_old:
            extra += "Connection: keep-alive\r\n"
        self._transport.write(written(answer, extra + server.date, is_head=request.method == "HEAD"))
        if is_last:
            self.close()
            return
        self.deadline = server.now + server.limits.idle_seconds
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        if self._buffer and not self._is_handing_over:
            self._go_on()

    def _refuse(self, status: int) -> None:
        """Say that this is no proper request, and close once that has arrived: unread bytes would take it back."""
        self._is_closing = True
        self._buffer, self._start = b"", 0
        self.deadline = self._server.now + self._server.limits.linger_seconds
        self._transport.write(refusal(status))
        if self._is_over or not self._transport.can_write_eof():
            self._transport.close()
        else:
            self._transport.write_eof()
