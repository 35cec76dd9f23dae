"""Read a form of parts (multipart/form-data), which is what PHP's curl sends when it is given an array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from werkzeug.datastructures import Headers
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, State

PLAIN_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_AS_IT_IS = frozenset({"", "7bit", "8bit", "binary"})


class BadForm(Exception):
    """A form that cannot be read; `status` is 400, or 415 where only its encoding is not ours."""

    def __init__(self, reason: str, *, status: int = 400) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


def read_parts(raw: bytes, type_parameters: Mapping[str, str], *, most: int) -> dict[str, str | bytes]:
    """Read a form of parts in UTF-8; of a name given twice the last counts, and a file is bytes. Raises BadForm.

    A body without its last boundary is refused: it may be the half of one.
    """
    boundary = type_parameters.get("boundary", "")
    if not boundary or not boundary.isascii():
        raise BadForm("The Content-Type of a form of parts ends with its boundary: multipart/form-data; boundary=….")
    fields: dict[str, str | bytes] = {}
    for number, (part, content) in enumerate(_split(raw, boundary.encode("ascii")), start=1):
        if number > most:
            raise BadForm(f"A form may have {most} fields at most.")
        if not part.name:
            raise BadForm(f"Part {number} of the form has no name: Content-Disposition: form-data; name=….")
        if isinstance(part, File):
            fields[part.name] = content
        else:
            _check_encoding(number, part.headers)
            fields[part.name] = content.decode()
    return fields


def _split(raw: bytes, boundary: bytes) -> Iterator[tuple[Field | File, bytes]]:
    decoder = MultipartDecoder(boundary)
    decoder.receive_data(raw)
    decoder.receive_data(None)
    part: Field | File = Field(name="", headers=Headers())
    content = b""
    while True:
        before = decoder.state
        try:
            event = decoder.next_event()
        except ValueError as error:
            raise BadForm(_why(before)) from error
        if isinstance(event, Epilogue):
            return
        if isinstance(event, Field | File):
            part, content = event, b""
        elif isinstance(event, Data):
            content += event.data
            if not event.more_data:
                yield part, content


def _why(state: State) -> str:
    """Say what a form lacks where the decoder could not go on."""
    if state is State.PREAMBLE:
        return "The boundary that the Content-Type names stands nowhere in the body: both have to be the same."
    if state is State.PART:
        return "A part of the form has no Content-Disposition with its name, or no empty line in front of its content."
    return "The body ends before the last boundary, the one with -- behind it: it was cut off."


def _check_encoding(number: int, headers: Headers) -> None:
    charset = parse_options_header(headers.get("content-type"))[1].get("charset", "utf-8")
    if charset.lower() not in PLAIN_CHARSETS:
        raise BadForm(f"Part {number} of the form is in another charset by its own word: send UTF-8.", status=415)
    if headers.get("content-transfer-encoding", "").lower() not in _AS_IT_IS:
        reason = f"Part {number} of the form has a Content-Transfer-Encoding: send the text as it is."
        raise BadForm(reason, status=415)
