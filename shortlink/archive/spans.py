"""A period as the rows of figures that add up to it: hours, whole days, and hours again."""

from __future__ import annotations

from collections.abc import Iterator

from shortlink.domain.durations import DAY_MS, HOUR_MS


def spans(since: int, until: int, *, hours: str = "hours", days: str = "whole_days") -> Iterator[tuple[str, int, int]]:
    """Cut a period (UTC ms) at midnights of UTC: a table, and from when and before when its rows count."""
    begin, end = since // HOUR_MS * HOUR_MS, -(-until // HOUR_MS) * HOUR_MS
    first_day, last_day = -(-begin // DAY_MS) * DAY_MS, end // DAY_MS * DAY_MS
    if first_day >= last_day:
        yield hours, begin, end
        return
    yield hours, begin, first_day
    yield days, first_day, last_day
    yield hours, last_day, end
