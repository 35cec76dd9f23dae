"""One client's connection: bytes in, one request at a time, answers in their order.

Reading and answering stand together here, since each waits for the other. How long, and what ends the wait, is in
`timed_connection`.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from shortlink.http1.claim import Claim
from shortlink.http1.exchange import ClientLeft
from shortlink.http1.reading import Stage
from shortlink.http1.request import BadRequest, Request
from shortlink.http1.streaming import AnswerStream
from shortlink.http1.timed_connection import TimedConnection
from shortlink.http1.wire import NOTHING_TO_TELL

if TYPE_CHECKING:
    from shortlink.http1.server import Server

TURN = 32  # requests of one client that are answered before others have their turn


class Connection(TimedConnection):
    """Reads requests, has the door answer them, writes the answers.

    It is the `Exchange` of the request that the door has.
    """

    __slots__ = ("_is_handing_over", "_is_yielding", "_peer", "_request", "_stream")

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._request: Request | None = None  # which the door has
        self._stream: AnswerStream | None = None
        self._is_handing_over = False
        self._is_yielding = False  # others have their turn before it goes on
        self._peer: str | None = None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002, why does not matter
        """Forget the connection; what is under way will be written to nobody."""
        self._is_closing = True
        self._server.forget(self)
        self._let_go()
        self._let_go_of_waiting()
        if self._stream is not None:
            self._stream.go_on()  # to find out that nobody listens

    def data_received(self, data: bytes) -> None:
        """Take what came, and answer what is whole."""
        if self._is_closing or self._is_deaf:
            return
        if not self._has_to_wait and self._take_whole(data):
            return
        self._reader.feed(data)
        self._go_on()

    def _take_whole(self, data: bytes) -> bool:
        """Take up what is a whole request by itself, as nearly all taps are, at less cost than piece by piece."""
        try:
            request = self._reader.read_whole(data)
        except BadRequest as bad:
            self._refuse(bad.status)
            return True
        if request is not None:
            self._hand_over(request)
        return request is not None

    def eof_received(self) -> bool:
        """Keep the connection for what is still to be answered."""
        self._is_over = True
        if not (self._has_to_wait or self._is_closing):
            self._go_on()
        return self._has_to_wait and not self._is_closing

    def resume_writing(self) -> None:
        """Go on with who reads again."""
        self._is_blocked = False
        self.deadline = self._server.now + self._server.limits.idle_seconds
        if self._stream is not None:
            self.expect_more()
            self._stream.go_on()
        self._go_on()

    def _go_on(self) -> None:
        """Take up requests until one has to wait: for the door, for more of itself, or for others' turn."""
        if self._is_deaf and not self._has_to_wait:
            self._part()
            return
        try:
            self._take_up()
            if self._is_over and not (self._has_to_wait or self._is_closing):
                self._take_short_body()
        except BadRequest as bad:
            self._refuse(bad.status)
        if self._is_closing:
            return
        self._count_waiting()
        if self._is_over and not self._has_to_wait:
            self.close()
        elif self._is_paused is not (self._is_yielding or self._reader.is_full):
            self._is_paused = not self._is_paused
            (self._transport.pause_reading if self._is_paused else self._transport.resume_reading)()

    def _take_up(self) -> None:
        """Take up requests. Raises BadRequest."""
        taken = 0
        while self._request is None and not (self._is_blocked or self._is_yielding or self._is_closing):
            request = self._reader.next()
            if request is None:
                self._wait_for_more()
                return
            self._hand_over(request)
            taken += 1
            if taken == TURN and self._reader.has_unread:
                self._is_yielding = True
                asyncio.get_running_loop().call_soon(self._end_turn)

    def _end_turn(self) -> None:
        """Go on after others had their turn."""
        self._is_yielding = False
        if not self._is_closing:
            self._go_on()

    @property
    def claim(self) -> tuple[Claim, float]:
        """Say how strong its claim to its place is, and since when (monotonic seconds): the older is the weaker."""
        limits = self._server.limits
        if self._is_refused:
            return Claim.REFUSED, self.deadline - limits.linger_seconds
        if self._has_to_wait or self._is_closing:
            return Claim.BUSY, math.inf
        if self._reader.stage is Stage.BODY:
            return Claim.ASKS, self.deadline - limits.body_seconds
        is_idle = self._reader.is_idle
        if is_idle and self._peer is not None:
            return Claim.IDLES, self.deadline - limits.idle_seconds
        since = self.deadline - limits.head_seconds
        if self._server.now - since < limits.head_grace_seconds:
            return Claim.ASKS, since
        return Claim.IDLES if is_idle else Claim.LINGERS, since

    @property
    def _has_to_wait(self) -> bool:
        """Whether no further request may be taken up now."""
        return self._request is not None or self._is_blocked or self._is_yielding

    def _take_short_body(self) -> None:
        """Let the door judge a body that ended too early, if it wants to. Raises BadRequest."""
        request = self._reader.end()
        if request is not None:
            self._hand_over(request)

    def _hand_over(self, request: Request) -> None:
        """Let the door answer; it may do so at once or later. Raises BadRequest where there is no room for its body."""
        if self._held or request.body:
            self._hold(len(request.body))
        if self._peer is None:
            name = self._transport.get_extra_info("peername")
            self._peer = str(name[0]) if name else ""
        self._request, self._stage = request, Stage.NOTHING
        self._is_handing_over = True
        self.deadline = self._server.now + self._server.limits.answer_seconds
        if request.is_for_server:
            self.reply(NOTHING_TO_TELL, b"")
        else:
            self._server.door.answer(request, self._peer, self)
        self._is_handing_over = False

    def reply(self, head: bytes, body: bytes) -> None:
        """Answer the request that the door has."""
        request, self._request = self._request, None
        if self._is_closing or request is None:  # the client has left, or was answered
            return
        if self._held:
            self._let_go()
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
        self._stream_until = self._server.now + self._server.limits.stream_seconds
        self._stream = AnswerStream(self, self._transport, in_chunks=in_chunks, is_last=is_last)
        return self._stream

    def end_stream(self, *, is_last: bool) -> None:
        """Go on behind an answer in pieces."""
        request, self._request, self._stream = self._request, None, None
        self._stream_until = math.inf
        self._let_go()
        if not self._is_closing:
            is_cut = request is not None and request.is_cut
            self._finish(is_last=is_last or self._server.is_draining, is_cut=is_cut)

    def _is_last(self, request: Request) -> bool:
        """Say whether the connection ends with this answer."""
        if not request.keeps_alive or request.is_cut or self._is_deaf or self._server.is_draining:
            return True
        return self._is_over and not self._reader.has_unread

    def _about_connection(self, request: Request, *, is_last: bool) -> bytes:
        """Write the end of a head: what becomes of the connection, and the time."""
        if is_last:
            return b"Connection: close\r\n" + self._server.end_of_head
        return b"Connection: keep-alive\r\n" + self._server.end_of_head if request.is_old else self._server.end_of_head

    def _finish(self, *, is_last: bool, is_cut: bool) -> None:
        """Go on behind an answer, or end the connection."""
        server = self._server
        if is_cut or self._is_deaf:
            self._part()
        elif is_last:
            self.close()
        else:
            if not self._is_blocked:
                self.deadline = server.now + server.limits.idle_seconds
            has_more = self._reader.has_unread or self._is_over or self._is_paused
            if has_more and not self._is_handing_over:
                self._go_on()
