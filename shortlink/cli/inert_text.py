"""Texts of strangers in a terminal, which obeys the control characters that stand in them."""

from __future__ import annotations

import re

# Control characters of both kinds, line breaks, and what turns the direction of writing; half characters cannot be
# printed at all.
_OBEYED = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def inert(text: str) -> str:
    """Write what a terminal would obey as JSON escapes it, so that JSON stays JSON that says the same."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
