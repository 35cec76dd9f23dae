"""Values of a record in less space; what was stored before any of these forms existed is read all the same.

Every message pays for each of its bytes for as long as it is kept. docs/internals/store.md says what each form is.
"""

from __future__ import annotations

import base64
import re

from shortlink.domain.durations import DAY_MS
from shortlink.storage.record_numbers import read_number

DAYS_BELOW = 1_000_000  # of `x`: a number of days is below this, a time in ms far above
_MARK_OF = {"http://": "\x01", "https://": "\x02"}
_SCHEME_OF = {mark: scheme for scheme, mark in _MARK_OF.items()}
_CODE_MARK = "\x03"
_MARKS = re.compile("[\x01-\x03]")
_SCHEME_MARK = re.compile("[\x01\x02]")
_TWILIO_ID = re.compile("SM[0-9a-f]{32}")
_PACKED_ID_LENGTH = 20
_AS_IT_IS = ":"  # no character of base85


def pack_url(url: str) -> str:
    """Write a URL's scheme as one character."""
    for scheme, mark in _MARK_OF.items():
        if url.startswith(scheme):
            return mark + url[len(scheme) :]
    return url


def unpack_url(packed: str) -> str:
    """Read a URL."""
    scheme = _SCHEME_OF.get(packed[:1])
    return packed if scheme is None else scheme + packed[1:]


def pack_text(text: str, code: str, short_url: str, start: int) -> str | None:
    """Write a text whose short link begins at `start` without the link's scheme and code; None if it cannot be told."""
    packed_url, end = pack_url(short_url), start + len(short_url)
    if packed_url == short_url or not short_url.endswith("/" + code) or _MARKS.search(text):
        return None
    return text[:start] + packed_url[: -len(code) - 1] + _CODE_MARK + text[end:]


def unpack_text(packed: str, code: str) -> tuple[str, str] | None:
    """Read a text and the short link in it; None when it was not packed."""
    mark = _SCHEME_MARK.search(packed)
    end = packed.find(_CODE_MARK)
    if mark is None or end < mark.start():
        return None
    short_url = f"{unpack_url(packed[mark.start() : end])}/{code}"
    return packed[: mark.start()] + short_url + packed[end + 1 :], short_url


def pack_carrier_id(identifier: str) -> str:
    """Write the id of a Twilio message, SM and 32 hexadecimal digits, as 20 characters; others as they are."""
    if _TWILIO_ID.fullmatch(identifier):
        return base64.b85encode(bytes.fromhex(identifier[2:])).decode("ascii")
    escaped = len(identifier) == _PACKED_ID_LENGTH or identifier.startswith(_AS_IT_IS)
    return _AS_IT_IS + identifier if escaped else identifier


def unpack_carrier_id(packed: str) -> str:
    """Read a carrier's id."""
    if packed.startswith(_AS_IT_IS):
        return packed[1:]
    if len(packed) != _PACKED_ID_LENGTH:
        return packed
    return "SM" + base64.b85decode(packed).hex()


def unpack_end(packed: str, accepted_at: int) -> int:
    """Read when a link ends: a number of days after the accept, or a time in ms. Raises ValueError."""
    number = read_number(packed)
    return number if number >= DAYS_BELOW else accepted_at + number * DAY_MS
