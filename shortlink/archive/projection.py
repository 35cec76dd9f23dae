"""What follows from events: rows of messages, of days and of figures, in the transaction that keeps the events."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from shortlink.archive.counting import Counting
from shortlink.archive.erasure import OF_PEOPLE, blank_event
from shortlink.archive.facts import COMPLETE, ENDS, NUMBERS, TEXTS, fact
from shortlink.archive.message_rows import MessageRow, MessageRows, apply_event
from shortlink.archive.rows import NUMBER_OF, write_data
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import Overtaken
from shortlink.domain.event import Event, MetMessage
from shortlink.domain.message import MessageStatus


class Projection:
    """One batch of events on its way into the archive."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows = connection
        self._accounts: dict[str, int] = {}
        self._days: dict[tuple[int, int, int], list[int]] = {}
        self._counting = Counting(connection)
        self._complete = fact(connection, COMPLETE)
        self._no_texts, self._no_numbers = fact(connection, TEXTS), fact(connection, NUMBERS)
        self._messages = MessageRows(connection, no_numbers=self._no_numbers, told_ends=fact(connection, ENDS))

    def advance(self, positions: Mapping[str, str], counts: Mapping[str, int]) -> None:
        """Note how far the streams were read, and how many entries that was. Raises Overtaken."""
        kept = {row["stream"]: row["id"] for row in self._rows.execute("SELECT stream, id FROM positions")}
        for stream, identifier in positions.items():
            if stream in kept and _order(identifier) <= _order(kept[stream]):
                raise Overtaken(f"stream {stream} was read up to {kept[stream]} by somebody else")
        query = (
            "INSERT INTO positions (stream, id, entries) VALUES (?, ?, ?)"
            " ON CONFLICT DO UPDATE SET id = excluded.id, entries = entries + excluded.entries"
        )
        self._rows.executemany(query, [(name, place, counts.get(name, 0)) for name, place in positions.items()])

    def meet(self, met: Iterable[MetMessage]) -> None:
        """Note messages; those that are known already stay as they are."""
        for message in met:
            if self._messages.find(message.message_id, message.code) is None:
                self._messages.add(message, self._account(message.account))

    def keep(self, events: Sequence[Event]) -> int:
        """Keep events and what follows from them; returns the newest place."""
        place = 0
        for event in events:
            account = self._account(event.account)
            message = self._message_of(event)
            place = self._insert_event(event, account, message)
            first_before = apply_event(event, message) if message is not None else None
            self._counting.count(account, event, message)
            if message is not None and first_before is not None:
                self._counting.move_first_click(account, message, first_before)
        self._messages.write()
        self._write_days()
        self._counting.write()
        return place

    def _insert_event(self, event: Event, account: int, message: MessageRow | None) -> int:
        day = self._open_day(event.kept_at or event.at)
        own = message is None  # the number of a message stands with the message alone, from where it can be erased
        cursor = self._rows.execute(
            "INSERT INTO events (id, type, at, day, account, message, recipient, sender, data)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.id,
                NUMBER_OF[event.type],
                event.at,
                day,
                account,
                message["n"] if message else None,
                event.recipient if own and event.recipient else None,
                event.sender if own and event.sender else None,
                write_data(event.data),
            ),
        )
        place = cursor.lastrowid or 0
        if NUMBER_OF[event.type] in OF_PEOPLE:
            self._blank_if_late(place, day)
        seen = self._days.setdefault((account, day, NUMBER_OF[event.type]), [place, place, 0])
        seen[1], seen[2] = place, seen[2] + 1
        return place

    def _blank_if_late(self, place: int, day: int) -> None:
        """Take out what is not kept of a day any more: retention has been there, and does not come back."""
        numbers_too = day <= self._no_numbers
        if numbers_too or day <= self._no_texts:
            row = self._rows.execute("SELECT seq, data FROM events WHERE seq = ?", (place,)).fetchone()
            blank_event(self._rows, row, number_too=numbers_too)

    def _open_day(self, kept_at: int) -> int:
        """Name the day of a log; the next one if that is over: a process can be held up, and a clock be behind."""
        day = kept_at // DAY_MS
        return day + 1 if day == self._complete else day

    def _account(self, sid: str) -> int:
        if sid not in self._accounts:
            self._rows.execute("INSERT OR IGNORE INTO accounts (sid) VALUES (?)", (sid,))
            row = self._rows.execute("SELECT n FROM accounts WHERE sid = ?", (sid,)).fetchone()
            self._accounts[sid] = row["n"]
        return self._accounts[sid]

    def _message_of(self, event: Event) -> MessageRow | None:
        if not event.message_id:
            return None
        if (known := self._messages.find(event.message_id, event.code)) is not None:
            return known
        met = MetMessage(
            code=event.code,
            message_id=event.message_id,
            account=event.account,
            recipient=event.recipient,
            sender=event.sender,
            tags=event.tags,
            accepted_at=event.at,
            status=MessageStatus.ACCEPTED.value,
        )
        return self._messages.add(met, self._account(event.account))

    def _write_days(self) -> None:
        query = (
            "INSERT INTO days (account, day, type, first, last, count) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET last = excluded.last, count = count + excluded.count"
        )
        self._rows.executemany(query, [(*key, *seen) for key, seen in self._days.items()])


def _order(identifier: str) -> tuple[int, int]:
    ms, _, number = identifier.partition("-")
    return int(ms), int(number or 0)
