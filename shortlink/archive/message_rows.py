"""The rows of messages, and what events change of them."""

from __future__ import annotations

import sqlite3
from typing import Any

from shortlink.archive.rows import marks
from shortlink.domain.click import Verdict
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, EventType, MetMessage
from shortlink.domain.message import MessageStatus

MessageRow = dict[str, Any]  # by the names of its columns; `changed` is in those that are to be written
_CHANGING = ("status", "submitted_at", "ended_at", "error", "first_click_at", "clicks", "machine_hits", "expired")
_KNOWN = (
    f"SELECT n, id, account, accepted_at, tags, link, {', '.join(_CHANGING)} FROM messages WHERE id = ? AND code = ?"
)


class MessageRows:
    """The rows that one batch of events is about, each read once and written once."""

    def __init__(self, connection: sqlite3.Connection, *, no_numbers: int, told_ends: int) -> None:
        self._rows = connection
        self._no_numbers = no_numbers  # the last UTC day of which no numbers are kept any more
        self._told_ends = told_ends  # up to when links ended whose messages were forgotten
        self._known: dict[str, MessageRow] = {}

    def find(self, message_id: str, code: str) -> MessageRow | None:
        """Find a message's row; None when it has none yet."""
        if message_id not in self._known:
            row = self._rows.execute(_KNOWN, (message_id, code)).fetchone()
            if row is None:
                return None
            self._known[message_id] = dict(row)
        return self._known[message_id]

    def add(self, message: MetMessage, account: int) -> MessageRow:
        """Give a message of an account its row."""
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
            "expired": int(message.expires_at is not None and message.expires_at <= self._told_ends),
        }
        cursor = self._rows.execute(
            f"INSERT INTO messages ({', '.join(values)}) VALUES ({marks(values)})", tuple(values.values())
        )
        number = cursor.lastrowid
        tags = [(account, tag, message.accepted_at, number) for tag in dict.fromkeys(message.tags)]
        self._rows.executemany("INSERT INTO message_tags VALUES (?, ?, ?, ?)", tags)
        blank: MessageRow = dict.fromkeys(_CHANGING)
        self._known[message.message_id] = blank | values | {"n": number, "clicks": 0, "machine_hits": 0}
        return self._known[message.message_id]

    def write(self) -> None:
        """Write down what has changed."""
        changed = [row for row in self._known.values() if row.get("changed")]
        columns = ", ".join(f"{name} = ?" for name in _CHANGING)
        values = [(*(row[name] for name in _CHANGING), row["n"]) for row in changed]
        self._rows.executemany(f"UPDATE messages SET {columns} WHERE n = ?", values)


def apply_event(event: Event, row: MessageRow) -> int | None:
    """Change a message's row by what happened to it; says when the click was whose place as the first was taken."""
    row["changed"], first_before = True, row["first_click_at"]
    _raise_status(event, row)
    if event.type is EventType.MESSAGE_SUBMITTED:
        row["submitted_at"] = row["submitted_at"] or event.at
    elif event.type is EventType.LINK_CLICKED:
        row["clicks"] += 1
        if _is_first(event, row["first_click_at"]):
            row["first_click_at"] = event.at
    elif event.type is EventType.LINK_PREVIEWED:
        row["machine_hits"] += event.data.get("verdict") != Verdict.HEAD.name.lower()
    elif event.type is EventType.LINK_EXPIRED:
        row["expired"] = 1
    return None if row["first_click_at"] == first_before else first_before


def _is_first(event: Event, known: int | None) -> bool:
    """Whether a click is the first: of all that were stored, or by taking that place, as an earlier one may."""
    if event.data.get("became_first"):
        return known is None or event.at < known
    return known is None and bool(event.data.get("first"))


def _raise_status(event: Event, row: MessageRow) -> None:
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


def _tells_the_end(after: MessageStatus, row: MessageRow) -> bool:
    """Whether an event tells when a message ended, of which only the end was known: it was met later than it ended."""
    return after.is_final and row["status"] == after and row["ended_at"] is None


_STATUS_AFTER = {
    EventType.MESSAGE_SUBMITTED: MessageStatus.QUEUED,
    EventType.MESSAGE_SENT: MessageStatus.SENT,
    EventType.MESSAGE_DELIVERED: MessageStatus.DELIVERED,
    EventType.MESSAGE_UNCONFIRMED: MessageStatus.UNCONFIRMED,
}
