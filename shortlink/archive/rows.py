"""How events and messages become rows and come back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from shortlink.domain.event import Event, EventType

# Kept in every row: a number is never given to another type.
NUMBER_OF: Final[dict[EventType, int]] = {
    EventType.MESSAGE_ACCEPTED: 1,
    EventType.MESSAGE_ATTEMPTED: 2,
    EventType.MESSAGE_SUBMITTED: 3,
    EventType.MESSAGE_SENT: 4,
    EventType.MESSAGE_DELIVERED: 5,
    EventType.MESSAGE_FAILED: 6,
    EventType.MESSAGE_UNCONFIRMED: 7,
    EventType.MESSAGE_RECEIVED: 8,
    EventType.LINK_CLICKED: 9,
    EventType.LINK_PREVIEWED: 10,
    EventType.LINK_EXPIRED: 11,
    EventType.CALLBACK_ATTEMPTED: 12,
    EventType.RECIPIENT_UNSUBSCRIBED: 13,
    EventType.RECIPIENT_RESUBSCRIBED: 14,
    EventType.LINK_DISABLED: 15,
    EventType.LINK_ENABLED: 16,
}
# A number that is missing here is of a later version, which can write beside this one during an upgrade. What it stands
# for is left out of everything, and waits for that version.
TYPE_OF: Final = {number: type_ for type_, number in NUMBER_OF.items()}

EVENT_COLUMNS: Final = """
    e.seq, e.id, e.type, e.at, a.sid, m.id AS message_id, m.code, m.sender AS message_sender, m.tags,
    coalesce(e.recipient, m.recipient, '') AS recipient, e.sender, e.data
    FROM events e JOIN accounts a ON a.n = e.account LEFT JOIN messages m ON m.n = e.message
"""


def read_event(row: sqlite3.Row) -> Event:
    """Build an event from a row of EVENT_COLUMNS."""
    return Event(
        seq=row["seq"],
        id=row["id"],
        type=TYPE_OF[row["type"]],
        at=row["at"],
        account=row["sid"],
        message_id=row["message_id"] or "",
        code=row["code"] or "",
        recipient=row["recipient"],
        sender=row["sender"] or row["message_sender"] or "",
        tags=read_tags(row["tags"]),
        data=json.loads(row["data"]) if row["data"] else {},
    )


def write_data(data: dict[str, Any]) -> str:
    """Write what only this type has; nothing takes no space."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) if data else ""


def read_tags(text: str | None) -> tuple[str, ...]:
    """Take the joined tags apart."""
    return tuple(text.split(",")) if text else ()


def marks(values: Iterable[object]) -> str:
    """Write as many question marks as there are values, which should be as many nearly always: see `as_list`."""
    return ",".join("?" for _ in values)


LISTED = "(SELECT value FROM json_each(?))"


def as_list(values: Iterable[str | int]) -> str:
    """Write values as the one argument of `LISTED`, for lists of any length.

    With a mark for each value, every length would be a statement of its own. A connection keeps the last 128, and one
    for 1,600 values takes 330 KB.
    """
    return json.dumps(list(values))


def number_of_account(connection: sqlite3.Connection, sid: str) -> int:
    """Find the number that stands for an account; 0, which no row has, when nothing was kept of it."""
    row = connection.execute("SELECT n FROM accounts WHERE sid = ?", (sid,)).fetchone()
    return int(row["n"]) if row else 0
