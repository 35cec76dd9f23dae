"""What stands behind the ? of an address: names, and whole numbers."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict

MOST_DIGITS = 18  # of a number: whatever they say, the archive can look for it
MOST_NUMBER = 10**MOST_DIGITS - 1


def misnamed(given: MultiDict[str, str], names: Sequence[str]) -> dict[str, list[str]]:
    """Name what is no parameter or stands there twice: a filter that is misspelt must not show everything."""
    unknown = {name: [f"Is no parameter; there are {', '.join(names)}."] for name in given if name not in names}
    return unknown | {name: ["Must be given once."] for name in names if len(given.getlist(name)) > 1}


def whole_number(text: str) -> int | None:
    """Read how many, or the place from which a list goes on; None for what is no whole number, or too long for one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else None
