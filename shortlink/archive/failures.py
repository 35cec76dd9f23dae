"""Why messages failed, counted by reason.

Carriers have some dozens of reasons, but could send any word. So a day keeps the first fifty of each tag; how many
failed for others is what these lack of all that failed.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from shortlink.archive.spans import spans
from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.domain.event import Event, EventType

MOST_REASONS = 50
_LONGEST = 40  # letters; what is longer is no code
_Place = tuple[int, str, int, str]  # account, tag, beginning, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFigures:
    """How many messages failed for a reason: the carrier's code, or a word of ours."""

    reason: str
    count: int


class FailureCounts:
    """The reasons of one batch, added up before they are written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows = connection
        self._hours: Counter[_Place] = Counter()

    def count(self, account: int, event: Event, tags: Iterable[str]) -> None:
        """Count an event, if it is a failure with a reason."""
        reason = str(event.data.get("error") or "")
        if event.type is not EventType.MESSAGE_FAILED or not 0 < len(reason) <= _LONGEST:
            return
        for tag in tags:
            self._hours[account, tag, event.at // HOUR_MS * HOUR_MS, reason] += 1

    def write(self) -> None:
        """Add everything to what stands there, but for reasons beyond the most that a day keeps."""
        known: dict[tuple[int, str, int], set[str]] = {}
        hours: Counter[_Place] = Counter()
        days: Counter[_Place] = Counter()
        for (account, tag, hour, reason), count in self._hours.items():
            day = hour // DAY_MS * DAY_MS
            if (account, tag, day) not in known:
                known[account, tag, day] = self._reasons(account, tag, day)
            names = known[account, tag, day]
            if reason in names or len(names) < MOST_REASONS:
                names.add(reason)
                hours[account, tag, hour, reason] += count
                days[account, tag, day, reason] += count
        self._add("failure_hours", hours)
        self._add("failure_days", days)

    def _reasons(self, account: int, tag: str, day: int) -> set[str]:
        query = "SELECT reason FROM failure_days WHERE account = ? AND tag = ? AND at = ?"
        return {row["reason"] for row in self._rows.execute(query, (account, tag, day))}

    def _add(self, table: str, counts: Counter[_Place]) -> None:
        query = (
            f"INSERT INTO {table} (account, tag, at, reason, count) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count"
        )
        self._rows.executemany(query, [(*place, count) for place, count in counts.items()])


def failures_by_reason(
    connection: sqlite3.Connection, account: int, *, since: int, until: int, tag: str | None, limit: int
) -> list[FailureFigures]:
    """List the reasons of a period, the most frequent first."""
    parts, values = [], []
    for table, begin, end in spans(since, until, hours="failure_hours", days="failure_days"):
        parts.append(f"SELECT reason, count FROM {table} WHERE account = ? AND tag = ? AND at >= ? AND at < ?")
        values += [account, tag or "", begin, end]
    query = (
        f"SELECT reason, sum(count) AS count FROM ({' UNION ALL '.join(parts)})"
        " GROUP BY reason ORDER BY count DESC, reason LIMIT ?"
    )
    return [FailureFigures(**dict(row)) for row in connection.execute(query, (*values, limit))]
