"""Numbers of a record, within what everybody who is handed them can carry: what is beyond was never written by us."""

from __future__ import annotations

from typing import Final

from shortlink.domain.end_of_time import END_OF_TIME

_MOST_COST: Final = 1e9


def read_number(text: str) -> int:
    """Read a count, or a time in UTC milliseconds. Raises ValueError."""
    number = int(text)
    if not 0 <= number <= END_OF_TIME:
        raise ValueError("no number that a record can hold")
    return number


def read_cost(text: str) -> float:
    """Read what a message costs. Raises ValueError, for what is not finite too."""
    cost = float(text)
    if not 0 <= cost <= _MOST_COST:
        raise ValueError("no cost that a record can hold")
    return cost
