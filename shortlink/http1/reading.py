"""Make requests of the bytes of one connection: no sockets, no clock.

What comes behind a request stays here until it is asked for, so pipelining works, and costs nobody else anything.
"""

from __future__ import annotations

import re
from enum import Enum

from shortlink.http1.body import AnnouncedBody, ChunkedBody, body_of
from shortlink.http1.request import BadRequest, Intake, Request, parse

HEAD_BYTES = 65_536
EMPTY_LINES = 4  # before a request: some send one line too many after a body
_EMPTY_LINE = b"\r\n\r\n"
_NO_HEAD = (b"", b"\r")  # what may be left of empty lines: it says nothing of a request
_BARE_FEED = re.compile(rb"(?<!\r)\n")  # without the return that a line ends with as well
_BEGINNING = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]|\r\Z")  # of a method, or of an empty line


class Stage(Enum):
    """What is still to come of the request that is being read."""

    NOTHING = 0  # none has begun
    HEAD = 1  # from its first byte on; empty lines before it are none of it
    BODY = 2


class RequestReader:
    """Takes bytes as they come, and gives requests one by one."""

    __slots__ = ("_body", "_buffer", "_empty_lines", "_intake", "_request", "_searched", "_start", "stage")

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._buffer = b""
        self._start = 0  # of what is still to be read in it
        self._empty_lines = 0  # that came before the request whose head is awaited
        self._searched = 0  # bytes from there on that surely hold no empty line
        self._request: Request | None = None  # whose body is still to come
        self._body: AnnouncedBody | ChunkedBody | None = None
        self.stage = Stage.NOTHING

    @property
    def is_full(self) -> bool:
        """Whether more waits here than is good."""
        return len(self._buffer) - self._start > HEAD_BYTES

    @property
    def has_unread(self) -> bool:
        """Whether there is something that belongs to no request yet."""
        return len(self._buffer) > self._start

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has come."""
        return self._request is None and self.unread_bytes <= 1 and self._buffer[self._start :] in _NO_HEAD

    @property
    def held_bytes(self) -> int:
        """How much has come of a head or a body that is not whole."""
        return len(self._buffer) - self._start if self._body is None else self._body.size

    @property
    def unread_bytes(self) -> int:
        """How much has come that was not looked at yet."""
        return len(self._buffer) - self._start

    @property
    def asks_for_body(self) -> bool:
        """Whether a client waits to be asked for the body that it announced, none of which has come."""
        return self._request is not None and self._request.expects_continue and not self.has_unread

    def read_whole(self, data: bytes) -> Request | None:
        """Return the request that these bytes are by themselves; None for anything else, which is to be fed.

        Raises BadRequest.
        """
        is_head = 0 < data.find(_EMPTY_LINE) == len(data) - 4 and not self._buffer and self._body is None
        if not is_head or len(data) > HEAD_BYTES or data[0] in b"\r\n":
            return None
        request = parse(data, self._intake)
        if request.body_bytes or request.is_chunked:
            return None
        self._empty_lines = 0  # those that came were before this one
        return request

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._buffer = self._buffer[self._start :] + data if self._buffer else data
        self._start = 0

    def next(self) -> Request | None:
        """Return the next request that is whole; None when more has to come. Raises BadRequest."""
        if not self._buffer:
            return None
        if self._body is None:
            request = self._read_head()
            if request is None:
                return None
            if not (request.body_bytes or request.is_chunked):
                return self._give(request)
            self._request, self._body = request, body_of(request, self._intake.body_bytes(request))
            self.stage = Stage.BODY
            if self.asks_for_body and self._body.is_cut:  # it would be sent for nothing
                request.is_cut = True
                return self._give(request)
        return self._read_body()

    def end(self) -> Request | None:
        """Return the request whose body ended too early, if its door judges such. Raises BadRequest.

        For a client that will say nothing more. Where an end is marked, as it is behind chunks, there is nothing to
        judge.
        """
        request, body = self._request, self._body
        if request is None or body is None or not self._intake.judges_bodies:
            return None
        if body.is_chunked:
            raise BadRequest(400)
        request.body, request.is_cut = body.content, True
        return self._give(request)

    def forget(self) -> None:
        """Forget what is here."""
        self._buffer, self._start = b"", 0
        self._request = self._body = None

    def _read_head(self) -> Request | None:
        buffer = self._buffer
        while buffer.startswith(b"\r\n", self._start):
            self._skip_empty_line()
        end = buffer.find(_EMPTY_LINE, self._start + self._searched)
        if end < 0 or end - self._start > HEAD_BYTES:
            if len(buffer) - self._start > HEAD_BYTES:
                raise BadRequest(431)
            if self.has_unread and _BEGINNING.match(buffer, self._start) is None:
                raise BadRequest(400)  # TLS, as a rule: its client would wait in vain, for as long as a head may take
            if _BARE_FEED.search(buffer, self._start + self._searched):
                raise BadRequest(400)  # a client that ends all its lines so would wait as long
            self._buffer, self._start = buffer[self._start :], 0  # what was read already is not held for it
            self._searched = max(0, len(self._buffer) - 3)
            if self._buffer not in _NO_HEAD:
                self.stage = Stage.HEAD
            return None
        request = parse(buffer[self._start : end + 4], self._intake)
        self._start, self._searched, self._empty_lines = end + 4, 0, 0
        return request

    def _skip_empty_line(self) -> None:
        self._empty_lines += 1
        if self._empty_lines > EMPTY_LINES:
            raise BadRequest(400)
        self._start += 2

    def _read_body(self) -> Request | None:
        request, body = self._request, self._body
        if request is None or body is None:
            return None
        self._start = body.take(self._buffer, self._start)
        if not body.is_over:
            return None
        request.body, request.is_cut = body.content, body.is_cut
        return self._give(request)

    def _give(self, request: Request) -> Request:
        self._request = self._body = None
        self.stage = Stage.NOTHING
        if len(self._buffer) == self._start:  # nothing is held for a client that only listens
            self._buffer, self._start = b"", 0
        return request
