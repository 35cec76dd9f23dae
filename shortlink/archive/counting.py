"""Counts events into figures: by account, by tag and for all tags together, by hour and by day."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from shortlink.archive.rows import DAY_MS, HOUR_MS, read_tags
from shortlink.domain.click_delay import class_of
from shortlink.domain.event import Event, EventType

_FIGURE_OF = {
    EventType.MESSAGE_ACCEPTED: "accepted",
    EventType.MESSAGE_ATTEMPTED: "attempts",
    EventType.MESSAGE_SUBMITTED: "submitted",
    EventType.MESSAGE_DELIVERED: "delivered",
    EventType.MESSAGE_FAILED: "failed",
    EventType.MESSAGE_UNCONFIRMED: "unconfirmed",
    EventType.MESSAGE_RECEIVED: "received",
    EventType.LINK_CLICKED: "clicks",
    EventType.CALLBACK_ATTEMPTED: "callbacks",
    EventType.RECIPIENT_UNSUBSCRIBED: "unsubscribed",
    EventType.RECIPIENT_RESUBSCRIBED: "resubscribed",
}
_FIGURE_OF_VERDICT = {
    "preview": "previews",
    "prefetch": "prefetches",
    "scanner": "scanners",
    "head": "heads",
    "unknown": "unknowns",
}
_Place = tuple[int, str, int]  # account, tag, hour


class Counting:
    """The figures of one batch, added up before they are written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows = connection
        self._figures: defaultdict[_Place, Counter[str]] = defaultdict(Counter)
        self._delays: Counter[tuple[int, str, int, int]] = Counter()
        self._targets: defaultdict[tuple[int, int, str], list[int]] = defaultdict(lambda: [0, 0])

    def count(self, account: int, event: Event, message: Mapping[str, Any] | None) -> None:
        """Count one event; `message` is its message's row as it stands after the event."""
        hour = event.at // HOUR_MS * HOUR_MS
        names = list(_names(event))
        tags = ("", *dict.fromkeys(read_tags(message["tags"]) if message else event.tags))
        for tag in tags:
            self._figures[account, tag, hour].update(names)
        if event.type is not EventType.LINK_CLICKED or message is None:
            return
        first = bool(event.data.get("first"))
        if first:
            delay = class_of(event.at - (message["submitted_at"] or message["accepted_at"]))
            self._delays.update((account, tag, hour, delay) for tag in tags)
        if message["link"]:
            counts = self._targets[account, event.at // DAY_MS, _without_query(message["link"])]
            counts[0] += first
            counts[1] += 1

    def write(self) -> None:
        """Add everything to what stands there."""
        self._write_figures()
        self._write_delays()
        query = (
            "INSERT INTO targets (account, day, link, clicked, clicks) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET clicked = clicked + excluded.clicked, clicks = clicks + excluded.clicks"
        )
        self._rows.executemany(query, [(*key, *counts) for key, counts in self._targets.items()])

    def _write_figures(self) -> None:
        days: defaultdict[_Place, Counter[str]] = defaultdict(Counter)
        for (account, tag, hour), counts in self._figures.items():
            days[account, tag, hour // DAY_MS * DAY_MS].update(counts)
        for table, rows in (("hours", self._figures), ("whole_days", days)):
            for place, counts in rows.items():
                if not counts:
                    continue
                names = ", ".join(counts)
                sums = ", ".join(f"{name} = {name} + excluded.{name}" for name in counts)
                self._rows.execute(
                    f"INSERT INTO {table} (account, tag, at, {names}) VALUES (?, ?, ?{', ?' * len(counts)})"
                    f" ON CONFLICT DO UPDATE SET {sums}",
                    (*place, *counts.values()),
                )

    def _write_delays(self) -> None:
        days: Counter[tuple[int, str, int, int]] = Counter()
        for (account, tag, hour, delay), count in self._delays.items():
            days[account, tag, hour // DAY_MS * DAY_MS, delay] += count
        for table, rows in (("delays", self._delays), ("delay_days", days)):
            query = (
                f"INSERT INTO {table} (account, tag, at, class, count) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET count = count + excluded.count"
            )
            self._rows.executemany(query, [(*key, count) for key, count in rows.items()])


def _to_webhook(event: Event) -> bool:
    """Whether it is the failure of a webhook, which has a log of its own and no part in callbacks' figures."""
    return event.data.get("kind") == "webhook"


def _names(event: Event) -> Iterator[str]:
    if event.type is EventType.LINK_PREVIEWED:
        yield _FIGURE_OF_VERDICT.get(str(event.data.get("verdict")), "unknowns")
    elif event.type in _FIGURE_OF and not _to_webhook(event):
        yield _FIGURE_OF[event.type]
    if event.type is EventType.LINK_CLICKED and event.data.get("first"):
        yield "clicked"
    if event.type is EventType.LINK_CLICKED and event.data.get("verdict") == "unknown":
        yield "plain_clicks"
    if event.type is EventType.CALLBACK_ATTEMPTED and event.data.get("status_code") != 200 and not _to_webhook(event):
        yield "callback_errors"


def _without_query(link: str) -> str:
    """Leave out what follows ? or #: it often names the person, and one page should be one line."""
    return link.split("?", 1)[0].split("#", 1)[0]
