"""Texts of strangers in a terminal, which obeys the control characters that stand in them."""

from __future__ import annotations

import codecs
import io
import json
import re
from typing import TextIO

# Control characters of both kinds, line breaks, and what turns the direction of writing; half characters cannot be
# printed at all.
_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def inert(text: str) -> str:
    """Write what a terminal would obey as JSON escapes it, so that JSON stays JSON that says the same."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def inert_lines(text: str) -> str:
    """Do the same to a text of several lines, whose ends stay."""
    return "\n".join(map(inert, text.split("\n")))


def escape_what_has_no_letter(stream: TextIO) -> None:
    """Have what a terminal's own encoding cannot hold written as JSON escapes it, where it would end the command."""
    if isinstance(stream, io.TextIOWrapper) and stream.errors in {"strict", "surrogateescape"}:
        stream.reconfigure(errors=_ESCAPING)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return json.dumps(error.object[error.start : error.end])[1:-1], error.end


_ESCAPING = "shortlink.escaped"
codecs.register_error(_ESCAPING, _escaped)
