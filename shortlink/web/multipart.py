"""Read a form of parts (multipart/form-data), which is what PHP's curl sends when it is given an array."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, State

from shortlink.web.form_fields import gather

PLAIN_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})
_BARE_BOUNDARY = re.compile(r'(;\s*boundary=)(?!")([^;]+)', re.IGNORECASE)
_OPEN_HEAD = "A part of the form has no Content-Disposition with its name, or no empty line in front of its content."


_TWO_BREAKS = (
    "Before and behind the boundaries of a form stands one kind of line break, which is CR LF: here stand several."
)


class BadForm(Exception):
    """A form that cannot be read; `status` is 400, or 415 where only its encoding is not ours."""

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


def read_parts(raw: bytes, content_type: str, *, most: int) -> dict[str, Any]:
    """Read a form of parts in UTF-8; of a name given twice the last counts, of a list every one, and a file is bytes.

    A body without its last boundary is refused: it may be the half of one. Raises BadForm.
    """
    pairs: list[tuple[str, str | bytes]] = []
    for number, (part, content) in enumerate(_split(raw, _boundary(content_type)), start=1):
        if number > most:
            raise BadForm(f"A form may have {most} fields at most.")
        if not part.name:
            raise BadForm(f"Part {number} of the form has no name: Content-Disposition: form-data; name=….")
        pairs.append((part.name, content if isinstance(part, File) else _text(number, part.headers, content)))
    return gather(pairs)


def _boundary(content_type: str) -> str:
    boundary = parse_options_header(_BARE_BOUNDARY.sub(_quote, content_type))[1].get("boundary", "")
    if not boundary or not boundary.isascii():
        raise BadForm("The Content-Type of a form of parts ends with its boundary: multipart/form-data; boundary=….")
    return boundary


def _quote(found: re.Match[str]) -> str:
    """Put quotes around a boundary: its `=`, `/` or `,` asks for them, but many clients leave them out."""
    bare = found[2].strip()
    if re.search(r'[\s"\\]', bare):
        raise BadForm('A boundary with a space, a quotation mark or a backslash stands in quotes: boundary="…".')
    return f'{found[1]}"{bare}"'


def _split(raw: bytes, boundary: str) -> Iterator[tuple[Field | File, bytes]]:
    _check_breaks(raw, boundary.encode("ascii"))
    decoder = MultipartDecoder(boundary.encode("ascii"))
    decoder.receive_data(raw)
    decoder.receive_data(None)
    part: Field | File = Field(name="", headers=Headers())
    content = b""
    while True:
        before = decoder.state
        try:
            event = decoder.next_event()
        except UnicodeDecodeError as error:
            raise BadForm("The name of a part, or another line of its head, is not UTF-8.") from error
        except ValueError as error:
            raise BadForm(_why(before, bytes(decoder.buffer), b"--" + decoder.boundary)) from error
        if isinstance(event, Epilogue):
            return
        if isinstance(event, Field | File):
            _check_head(event.headers, f"--{boundary}")
            part, content = event, b""
        elif isinstance(event, Data):
            content += event.data
            if not event.more_data:
                yield part, content


def _check_breaks(raw: bytes, boundary: bytes) -> None:
    """Refuse a form whose boundaries stand behind other line breaks than its first.

    RFC 2046 takes such a line for content, and so do strict readers; others, like the decoder, for the end of a part.
    """
    around = re.findall(rb"(\r\n|\n|\r|\A)--%b(?:--|[^\S\r\n]*(\r\n|\n|\r(?!\Z)))" % re.escape(boundary), raw)
    if len({found for pair in around for found in pair if found}) > 1:
        raise BadForm(_TWO_BREAKS)


def _why(state: State, rest: bytes, delimiter: bytes) -> str:
    """Say what a form lacks where the decoder could not go on; this rest of it is not read."""
    if state is State.PREAMBLE and not (delimiter + b"--").startswith(rest.rstrip() or b"\n"):
        return "The boundary that the Content-Type names stands nowhere in the body: both have to be the same."
    # Of a head that is whole, the decoder leaves the line break behind it.
    if state is State.PART and (delimiter in rest or rest.startswith((b"\r", b"\n"))):
        return _OPEN_HEAD
    return "The body ends before the last boundary, the one with -- behind it: it was cut off."


def _check_head(headers: Headers, delimiter: str) -> None:
    """Refuse a head that goes on into the next part: the one would get the other's content."""
    if any(f"{name}:{value}".startswith(delimiter) for name, value in headers):
        raise BadForm(_OPEN_HEAD)


def _text(number: int, headers: Headers, content: bytes) -> str:
    _check_encoding(number, headers)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadForm(f"Part {number} of the form is not UTF-8: see byte {error.start + 1} of it.") from error


def _check_encoding(number: int, headers: Headers) -> None:
    charset = parse_options_header(headers.get("content-type"))[1].get("charset", "utf-8")
    if charset.lower() not in PLAIN_CHARSETS:
        raise BadForm(f"Part {number} of the form is in another charset by its own word: send UTF-8.", status=415)
    if headers.get("content-transfer-encoding", "").lower() not in _AS_IT_IS:
        reason = f"Part {number} of the form has a Content-Transfer-Encoding: send the text as it is."
        raise BadForm(reason, status=415)
