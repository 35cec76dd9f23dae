"""What follows from events: rows of messages, of days and of figures, in the transaction that keeps the events."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shortlink.archive.counting import Counting
from shortlink.archive.erasure import OF_PEOPLE, blank_event
from shortlink.archive.facts import COMPLETE, NUMBERS, TEXTS, fact
from shortlink.archive.rows import NUMBER_OF, marks, write_data
from shortlink.domain.click import Verdict
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import Overtaken
from shortlink.domain.event import Event, EventType, MetMessage
from shortlink.domain.message import MessageStatus

_CHANGING = ("status", "submitted_at", "ended_at", "error", "first_click_at", "clicks", "machine_hits", "expired")
_KNOWN = (
    f"SELECT n, id, account, accepted_at, tags, link, {', '.join(_CHANGING)} FROM messages WHERE id = ? AND code = ?"
)


class Projection:
    """One batch of events on its way into the archive."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._rows = connection
        self._accounts: dict[str, int] = {}
        self._messages: dict[str, dict[str, Any]] = {}
        self._days: dict[tuple[int, int, int], list[int]] = {}
        self._counting = Counting(connection)
        self._complete = fact(connection, COMPLETE)
        self._no_texts, self._no_numbers = fact(connection, TEXTS), fact(connection, NUMBERS)

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
            if self._find(message.message_id, message.code) is None:
                self._insert(message)

    def keep(self, events: Sequence[Event]) -> int:
        """Keep events and what follows from them; returns the newest place."""
        place = 0
        for event in events:
            account = self._account(event.account)
            message = self._message_of(event)
            place = self._insert_event(event, account, message)
            if message is not None:
                _apply(event, message)
            self._counting.count(account, event, message)
        self._write_messages()
        self._write_days()
        self._counting.write()
        return place

    def _insert_event(self, event: Event, account: int, message: dict[str, Any] | None) -> int:
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

    def _message_of(self, event: Event) -> dict[str, Any] | None:
        if not event.message_id:
            return None
        return self._find(event.message_id, event.code) or self._insert(
            MetMessage(
                code=event.code,
                message_id=event.message_id,
                account=event.account,
                recipient=event.recipient,
                sender=event.sender,
                tags=event.tags,
                accepted_at=event.at,
                status=MessageStatus.ACCEPTED.value,
            )
        )

    def _find(self, message_id: str, code: str) -> dict[str, Any] | None:
        if message_id not in self._messages:
            row = self._rows.execute(_KNOWN, (message_id, code)).fetchone()
            if row is None:
                return None
            self._messages[message_id] = dict(row)
        return self._messages[message_id]

    def _insert(self, message: MetMessage) -> dict[str, Any]:
        account = self._account(message.account)
        values = {
            "code": message.code,
            "id": message.message_id,
            "account": account,
            "recipient": "" if message.accepted_at // DAY_MS <= self._no_numbers else message.recipient,
            "sender": message.sender,
            "tags": ",".join(message.tags),
            "status": message.status,
            "accepted_at": message.accepted_at,
            "segments": message.segments,
            "cost": message.cost,
            "link": message.link,
            "expires_at": message.expires_at,
        }
        cursor = self._rows.execute(
            f"INSERT INTO messages ({', '.join(values)}) VALUES ({marks(values)})", tuple(values.values())
        )
        number = cursor.lastrowid
        tags = [(account, tag, message.accepted_at, number) for tag in dict.fromkeys(message.tags)]
        self._rows.executemany("INSERT INTO message_tags VALUES (?, ?, ?, ?)", tags)
        blank: dict[str, Any] = dict.fromkeys(_CHANGING)
        self._messages[message.message_id] = (
            blank | values | {"n": number, "clicks": 0, "machine_hits": 0, "expired": 0}
        )
        return self._messages[message.message_id]

    def _write_messages(self) -> None:
        changed = [row for row in self._messages.values() if row.get("changed")]
        columns = ", ".join(f"{name} = ?" for name in _CHANGING)
        values = [(*(row[name] for name in _CHANGING), row["n"]) for row in changed]
        self._rows.executemany(f"UPDATE messages SET {columns} WHERE n = ?", values)

    def _write_days(self) -> None:
        query = (
            "INSERT INTO days (account, day, type, first, last, count) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET last = excluded.last, count = count + excluded.count"
        )
        self._rows.executemany(query, [(*key, *seen) for key, seen in self._days.items()])


def _apply(event: Event, row: dict[str, Any]) -> None:
    """Change a message's row by what happened to it."""
    row["changed"] = True
    _raise_status(event, row)
    if event.type is EventType.MESSAGE_SUBMITTED:
        row["submitted_at"] = row["submitted_at"] or event.at
    elif event.type is EventType.LINK_CLICKED:
        row["clicks"] += 1
        if event.data.get("first") and row["first_click_at"] is None:
            row["first_click_at"] = event.at
    elif event.type is EventType.LINK_PREVIEWED:
        row["machine_hits"] += event.data.get("verdict") != Verdict.HEAD.name.lower()
    elif event.type is EventType.LINK_EXPIRED:
        row["expired"] = 1


def _raise_status(event: Event, row: dict[str, Any]) -> None:
    """Raise the status, which never goes down; only before it is sent it may come and go."""
    before, after = MessageStatus(row["status"]), _STATUS_AFTER.get(event.type)
    if event.type is EventType.MESSAGE_FAILED:
        after = MessageStatus[str(event.data.get("status", "failed")).upper()]
    if event.type is EventType.MESSAGE_ATTEMPTED and before.awaits_carrier:
        unknown = event.data.get("outcome") == "unknown"
        row["status"] = (MessageStatus.UNKNOWN if unknown else MessageStatus.ACCEPTED).value
    elif after is not None and (after.rank > before.rank or _tells_the_end(after, row)):
        row["status"] = after.value
        row["error"] = event.data.get("error") or None
        row["ended_at"] = event.at if after.is_final else None


def _tells_the_end(after: MessageStatus, row: dict[str, Any]) -> bool:
    """Whether an event tells when a message ended, of which only the end was known: it was met later than it ended."""
    return after.is_final and row["status"] == after and row["ended_at"] is None


_STATUS_AFTER = {
    EventType.MESSAGE_SUBMITTED: MessageStatus.QUEUED,
    EventType.MESSAGE_SENT: MessageStatus.SENT,
    EventType.MESSAGE_DELIVERED: MessageStatus.DELIVERED,
    EventType.MESSAGE_UNCONFIRMED: MessageStatus.UNCONFIRMED,
}


def _order(identifier: str) -> tuple[int, int]:
    ms, _, number = identifier.partition("-")
    return int(ms), int(number or 0)
