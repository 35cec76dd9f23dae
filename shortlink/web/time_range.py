"""A range of time in a request's body: `from` and `to`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shortlink.domain.end_of_time import END_OF_TIME
from shortlink.domain.errors import InvalidFields

_NO_TIME = "Write a time as 2026-11-22T01:23:45Z, or in milliseconds since 1970."


def read_time_range(fields: dict[str, Any]) -> tuple[int, int]:
    """Read both ends in UTC ms. Raises InvalidFields with every fault at once."""
    found: dict[str, int] = {}
    faults: dict[str, list[str]] = {}
    for name in ("from", "to"):
        try:
            found[name] = _read_time(fields.get(name))
        except (ValueError, OverflowError):
            faults[name] = [_NO_TIME]
    if faults:
        raise InvalidFields(faults)
    return found["from"], found["to"]


def _read_time(given: Any) -> int:
    """Read a time in UTC ms: ISO 8601, which counts as UTC unless it says otherwise, or milliseconds."""
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueError(_NO_TIME)
    if isinstance(given, int) or (given.isascii() and given.isdecimal()):
        at = int(given)
    else:
        moment = datetime.fromisoformat(given)
        at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    if not 0 <= at <= END_OF_TIME:
        raise ValueError(_NO_TIME)
    return at
