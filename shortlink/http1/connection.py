"""One client's connection: bytes in, one request at a time, answers in their order.

What a client sends while its request is under way stays in the buffer, up to a limit: so pipelining works, and costs
nobody else anything.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

from shortlink.http1.body import AnnouncedBody, ChunkedBody, body_of
from shortlink.http1.exchange import ClientLeft
from shortlink.http1.request import BadRequest, Request, parse
from shortlink.http1.streaming import AnswerStream
from shortlink.http1.wire import CONTINUE, refusal

if TYPE_CHECKING:
    from shortlink.http1.server import Server

HEAD_BYTES = 65_536
_EMPTY_LINE = b"\r\n\r\n"
_NO_LINGER = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """Reads requests, has the door answer them, writes the answers; `deadline` is when the server loses patience.

    It is the `Exchange` of the request that the door has.
    """

    __slots__ = (
        "_body",
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
        "_stream",
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
        self._body: AnnouncedBody | ChunkedBody | None = None  # what of it is still to come
        self._stream: AnswerStream | None = None
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
        if self._stream is not None:
            self._stream.go_on()  # to find out that nobody listens

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
        if self._body is not None and not self._is_closing:
            self._take_short_body()
        return self._is_busy and not self._is_closing

    def pause_writing(self) -> None:
        """Take up nothing more from who does not read."""
        self._is_blocked = True
        self.deadline = self._server.now + self._server.limits.write_seconds

    def resume_writing(self) -> None:
        """Go on with who reads again."""
        self._is_blocked = False
        self.deadline = self._server.now + self._server.limits.idle_seconds
        if self._stream is not None:
            self.expect_more()
            self._stream.go_on()
        self._go_on()

    def drain(self) -> None:
        """End the connection as soon as nothing is under way."""
        if self._request is None and not self._buffer:
            self.close()

    def lose_patience(self) -> None:
        """End the connection because its deadline is over."""
        if self._is_closing or self._is_blocked or self._is_busy:
            self.cut_off()
        elif self._buffer or self._request is not None:
            self._refuse(408)
        else:
            self.close()

    def close(self) -> None:
        """Close once everything is written."""
        self._is_closing = True
        self.deadline = self._server.now + self._server.limits.write_seconds
        self._transport.close()

    def cut_off(self) -> None:
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
            self._begin(parse(self._buffer[self._start : end + 4], self._server.door.intake), end + 4)
        return self._body is None or self._is_body_whole()

    def _begin(self, request: Request, end: int) -> None:
        self._start, self._searched = end, 0
        self._request = request
        if not (request.is_chunked or request.body_bytes):
            return
        self._body = body_of(request, self._server.door.intake.body_bytes(request))
        self.deadline = self._server.now + self._server.limits.body_seconds
        if request.expects_continue and len(self._buffer) == end:
            self._transport.write(CONTINUE)

    def _is_body_whole(self) -> bool:
        """Read on in a body; say whether that is all of it that will be read. Raises BadRequest."""
        body, request = self._body, self._request
        if body is None or request is None:
            return True
        self._start = body.take(self._buffer, self._start)
        if body.is_over:
            request.body, request.is_cut = body.content, body.is_cut
            self._body = None
        return body.is_over

    def _take_short_body(self) -> None:
        """Let the door judge a body that ended too early; where an end is marked, there is nothing to judge."""
        body, request = self._body, self._request
        if body is None or request is None or not self._server.door.intake.judges_bodies:
            return
        if body.is_chunked:
            self._refuse(400)
            return
        request.body, request.is_cut = body.content, True
        self._body = None
        self._hand_over()

    def _wait_for_more(self, *, is_too_long: bool) -> None:
        if is_too_long:
            raise BadRequest(431)
        self._searched = max(0, len(self._buffer) - self._start - 3)
        if not self._has_begun and len(self._buffer) > self._start:
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
        self._server.door.answer(request, self._peer, self)
        self._is_handing_over = False

    def reply(self, head: bytes, body: bytes) -> None:
        """Answer the request that the door has."""
        request, self._request = self._request, None
        self._is_busy = False
        if self._is_closing or request is None:  # the client has left, or was answered
            return
        is_last = self._is_last(request)
        head += self._about_connection(request, is_last=is_last)
        self._transport.write(head if request.method == "HEAD" or not body else head + body)
        self._finish(is_last=is_last, is_cut=request.is_cut)

    def stream(self, head: bytes, *, is_sized: bool) -> AnswerStream:
        """Begin to answer the request that the door has, in pieces. Raises ClientLeft."""
        request = self._request
        if self._is_closing or request is None:
            raise ClientLeft
        in_chunks = not is_sized and not request.is_old
        is_last = self._is_last(request) or not (is_sized or in_chunks)
        if in_chunks:
            head += b"Transfer-Encoding: chunked\r\n"
        self._transport.write(head + self._about_connection(request, is_last=is_last))
        self._stream = AnswerStream(self, self._transport, in_chunks=in_chunks, is_last=is_last)
        return self._stream

    @property
    def has_left(self) -> bool:
        """Whether there is nobody to answer any more."""
        return self._is_closing

    @property
    def is_blocked(self) -> bool:
        """Whether the client has more unread than it should."""
        return self._is_blocked

    def expect_more(self) -> None:
        """Give the door its time again: a piece of an answer was taken."""
        self.deadline = self._server.now + self._server.limits.answer_seconds

    def end_stream(self, *, is_last: bool) -> None:
        """Go on behind an answer in pieces."""
        request, self._request, self._stream = self._request, None, None
        self._is_busy = False
        if not self._is_closing:
            is_cut = request is not None and request.is_cut
            self._finish(is_last=is_last or self._server.is_draining, is_cut=is_cut)

    def _is_last(self, request: Request) -> bool:
        """Say whether the connection ends with this answer."""
        has_said_all = self._is_over and len(self._buffer) == self._start
        return not request.keeps_alive or request.is_cut or self._server.is_draining or has_said_all

    def _about_connection(self, request: Request, *, is_last: bool) -> bytes:
        """Write the end of a head: what becomes of the connection, and the time."""
        if is_last:
            return b"Connection: close\r\n" + self._server.end_of_head
        return b"Connection: keep-alive\r\n" + self._server.end_of_head if request.is_old else self._server.end_of_head

    def _finish(self, *, is_last: bool, is_cut: bool) -> None:
        """Go on behind an answer, or end the connection."""
        server = self._server
        if is_cut:
            self._part()
        elif is_last:
            self.close()
        else:
            self.deadline = server.now + server.limits.idle_seconds
            if self._is_paused:
                self._is_paused = False
                self._transport.resume_reading()
            if self._buffer and not self._is_handing_over:
                self._go_on()

    def _refuse(self, status: int) -> None:
        """Say that this is no proper request, and end the connection."""
        self._transport.write(refusal(status))
        self._part()

    def _part(self) -> None:
        """Close once what was said has arrived: bytes that nobody reads would take it back."""
        self._is_closing = True
        self._buffer, self._start = b"", 0
        self.deadline = self._server.now + self._server.limits.linger_seconds
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        if self._is_over or not self._transport.can_write_eof():
            self._transport.close()
        else:
            self._transport.write_eof()
