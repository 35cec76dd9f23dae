"""Counts events into figures: by account, by tag and for all tags together, by hour and by day."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from shortlink.archive.failures import FailureCounts
from shortlink.archive.figure_names import counts_of
from shortlink.archive.rows import read_tags
from shortlink.domain.click_delay import class_of
from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.domain.event import Event, EventType
from shortlink.domain.message import MessageStatus

_Place = tuple[int, str, int]  # account, tag, hour
_Link = tuple[int, str, int, str]  # account, tag, hour, address without its query


class Counting:
    """The figures of one batch, added up before they are written."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows = connection
        self._figures: defaultdict[_Place, Counter[str]] = defaultdict(Counter)
        self._delays: Counter[tuple[int, str, int, int]] = Counter()
        self._links: defaultdict[_Link, list[int]] = defaultdict(lambda: [0, 0])
        self._failures = FailureCounts(connection)

    def count(self, account: int, event: Event, message: Mapping[str, Any] | None) -> None:
        """Count one event; `message` is its message's row as it stands after the event."""
        hour = event.at // HOUR_MS * HOUR_MS
        counts = counts_of(event)
        counts["delivered_linked"] += bool(message and _delivers_link(event, message))
        tags = _places_of(message) if message else ("", *dict.fromkeys(event.tags))
        for tag in tags:
            self._figures[account, tag, hour].update(+counts)
        self._failures.count(account, event, tags)
        if message is None:
            return
        if (delivered_at := _delivery_now_clicked(event, message)) is not None:
            # What was clicked had a link, also where the index does not know it.
            counted = ["delivered_clicked", *(() if message["link"] else ["delivered_linked"])]
            for tag in tags:
                self._figures[account, tag, delivered_at // HOUR_MS * HOUR_MS].update(counted)
        if event.type is EventType.LINK_CLICKED:
            self._count_click(account, event.at, message, first=int(bool(event.data.get("first"))), clicks=1)

    def move_first_click(self, account: int, message: Mapping[str, Any], first_before: int) -> None:
        """Count a message as clicked when it was, where its row knows of an earlier click than was counted before."""
        for at, by in ((message["first_click_at"], 1), (first_before, -1)):
            for tag in _places_of(message):
                self._figures[account, tag, at // HOUR_MS * HOUR_MS]["clicked"] += by
            self._count_click(account, at, message, first=by, clicks=0)

    def _count_click(self, account: int, at: int, message: Mapping[str, Any], *, first: int, clicks: int) -> None:
        hour, link = at // HOUR_MS * HOUR_MS, _without_query(message["link"] or "")
        delay = class_of(at - (message["submitted_at"] or message["accepted_at"]))
        for tag in _places_of(message):
            if first:
                self._delays[account, tag, hour, delay] += first
            if link:
                counts = self._links[account, tag, hour, link]
                counts[0] += first
                counts[1] += clicks

    def write(self) -> None:
        """Add everything to what stands there."""
        self._write_figures()
        self._write_delays()
        self._write_links()
        self._failures.write()

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

    def _write_links(self) -> None:
        days: defaultdict[_Link, list[int]] = defaultdict(lambda: [0, 0])
        for (account, tag, hour, link), (clicked, clicks) in self._links.items():
            counts = days[account, tag, hour // DAY_MS * DAY_MS, link]
            counts[0] += clicked
            counts[1] += clicks
        for table, rows in (("link_hours", self._links), ("link_days", days)):
            query = (
                f"INSERT INTO {table} (account, tag, at, link, clicked, clicks) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT"
                " DO UPDATE SET clicked = clicked + excluded.clicked, clicks = clicks + excluded.clicks"
            )
            self._rows.executemany(query, [(*key, *counts) for key, counts in rows.items()])


def _places_of(message: Mapping[str, Any]) -> tuple[str, ...]:
    """Name where a message counts: among all, and at each of its tags."""
    return ("", *dict.fromkeys(read_tags(message["tags"])))


def _delivery_now_clicked(event: Event, message: Mapping[str, Any]) -> int | None:
    """Say when a message was delivered, if by this event it is both delivered and clicked; either may come first."""
    if message["status"] != MessageStatus.DELIVERED or None in (message["ended_at"], message["first_click_at"]):
        return None
    is_last = (event.type is EventType.MESSAGE_DELIVERED and event.at == message["ended_at"]) or (
        event.type is EventType.LINK_CLICKED and event.data.get("first") and event.at == message["first_click_at"]
    )
    return int(message["ended_at"]) if is_last else None


def _delivers_link(event: Event, message: Mapping[str, Any]) -> bool:
    return event.type is EventType.MESSAGE_DELIVERED and bool(message["link"])


def _without_query(link: str) -> str:
    """Leave out what follows ? or #: it often names the person, and one page should be one line."""
    return link.split("?", 1)[0].split("#", 1)[0]
