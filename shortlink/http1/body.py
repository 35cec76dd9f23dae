"""Read the body of a request, as long as it was announced or in chunks (RFC 9112, 6 and 7).

Both kinds take what there is, piece by piece, and say what they left: a line that is not whole yet.
"""

from __future__ import annotations

import re

from shortlink.http1.request import BadRequest, Request

LINE_BYTES = 256
MOST_CHUNKS = 16_384  # in one body: each costs time, however little it holds
TRAILER_BYTES = 8192
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})(?:[ \t]*;[\t -~\x80-\xff]*)?")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+")  # as strict as in a head


class _Body:
    """What was read of a body so far."""

    def __init__(self) -> None:
        self._content = bytearray()

    @property
    def content(self) -> bytes:
        """The bytes themselves."""
        return bytes(self._content)

    @property
    def size(self) -> int:
        """How many they are."""
        return len(self._content)


class AnnouncedBody(_Body):
    """A body whose length is known; `most` bytes of it are read, and one more where it goes on."""

    is_chunked = False

    def __init__(self, length: int, most: int) -> None:
        super().__init__()
        self.is_cut = length > most
        self._left = most + 1 if self.is_cut else length

    @property
    def is_over(self) -> bool:
        """Whether everything is read that will be."""
        return not self._left

    def take(self, data: bytes, start: int) -> int:
        """Read on from `start`; returns where the rest begins."""
        end = min(start + self._left, len(data))
        self._content += data[start:end]
        self._left -= end - start
        return end


class ChunkedBody(_Body):
    """A body in chunks; more than `most` bytes of it are not read on. Extensions and trailers are left out."""

    is_chunked = True

    def __init__(self, most: int) -> None:
        super().__init__()
        self.is_over = False
        self.is_cut = False
        self.most = most
        self._left = 0  # of the present chunk
        self._is_in_chunk = False
        self._is_in_trailer = False
        self._trailer = 0
        self._chunks = 0

    def take(self, data: bytes, start: int) -> int:
        """Read on from `start`; returns where the rest begins. Raises BadRequest."""
        while not self.is_over:
            after = self._take_some(data, start) if self._left else self._take_line(data, start)
            if after == start:
                break
            start = after
        return start

    def _take_some(self, data: bytes, start: int) -> int:
        end = min(start + self._left, len(data))
        self._content += data[start:end]
        self._left -= end - start
        if len(self._content) > self.most:
            self.is_over = self.is_cut = True
        return end

    def _take_line(self, data: bytes, start: int) -> int:
        end = data.find(b"\r\n", start)
        if end < 0 and len(data) - start <= LINE_BYTES:
            return start
        if end < 0 or end - start > LINE_BYTES:
            raise BadRequest(400)
        line = data[start:end]
        if self._is_in_trailer:
            self._end_trailer(line)
        elif self._is_in_chunk:  # the empty line behind it
            if line:
                raise BadRequest(400)
            self._is_in_chunk = False
        else:
            self._begin_chunk(line)
        return end + 2

    def _begin_chunk(self, line: bytes) -> None:
        size = _SIZE.fullmatch(line)
        if size is None:
            raise BadRequest(400)
        self._chunks += 1
        if self._chunks > MOST_CHUNKS:
            raise BadRequest(413)
        self._left = int(size[1], 16)
        self._is_in_chunk, self._is_in_trailer = self._left > 0, self._left == 0

    def _end_trailer(self, line: bytes) -> None:
        self._trailer += len(line)
        if self._trailer > TRAILER_BYTES:
            raise BadRequest(431)
        if line and _FIELD.fullmatch(line) is None:  # who reads it leniently may find another request in it
            raise BadRequest(400)
        self.is_over = not line


def body_of(request: Request, most: int) -> AnnouncedBody | ChunkedBody:
    """Return what reads the body of a request."""
    return ChunkedBody(most) if request.is_chunked else AnnouncedBody(request.body_bytes, most)
