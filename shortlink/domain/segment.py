"""Count the segments of a text: how many SMS the network will bill for it.

GSM 03.38 (3GPP TS 23.038) and concatenation with a 6-byte header (3GPP TS 23.040), as Twilio bills them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")  # sent as an escape and a second character
_GSM_7 = _BASIC | _EXTENSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """How a text travels: `units` are septets in GSM-7, UTF-16 code units in UCS-2."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int


def count_segments(text: str) -> Segments:
    """Count the segments of a text; an empty one still takes a segment."""
    if _BASIC.issuperset(text):  # as most texts: every character is one unit, and division is right
        count = 1 if len(text) <= 160 else -(-len(text) // 153)
        return Segments(encoding="GSM-7", units=len(text), count=count)
    if _GSM_7.issuperset(text):
        return _fill("GSM-7", [2 if character in _EXTENSION else 1 for character in text], single=160, joined=153)
    return _fill("UCS-2", [2 if character > "\uffff" else 1 for character in text], single=70, joined=67)


def _fill(encoding: Literal["GSM-7", "UCS-2"], widths: list[int], *, single: int, joined: int) -> Segments:
    """Fill segment after segment: a character of two units never straddles two of them, so division is wrong."""
    units = sum(widths)
    if units <= single:
        return Segments(encoding=encoding, units=units, count=1)
    segments, used = 1, 0
    for width in widths:
        if used + width > joined:
            segments, used = segments + 1, 0
        used += width
    return Segments(encoding=encoding, units=units, count=segments)
