"""Forget a person: the number in every row, and the texts that came from it. Counts and times stay."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from shortlink.archive.rows import NUMBER_OF, marks, write_data
from shortlink.domain.event import EventType

# Types of which a row itself can hold a number: all others name their message.
OF_PEOPLE: Final = tuple(
    NUMBER_OF[type_]
    for type_ in (EventType.MESSAGE_RECEIVED, EventType.RECIPIENT_UNSUBSCRIBED, EventType.RECIPIENT_RESUBSCRIBED)
)


def forget_number(connection: sqlite3.Connection, number: str) -> int:
    """Take a number (E.164) out of every row, and note that files may hold it; says how many rows it was.

    To be called within a transaction.
    """
    if not number:
        return 0
    gone = 0
    for account in connection.execute("SELECT n FROM accounts").fetchall():
        query = "UPDATE messages SET recipient = '' WHERE account = ? AND recipient = ?"
        gone += connection.execute(query, (account["n"], number)).rowcount
        found = connection.execute(
            f"SELECT seq, data FROM events WHERE account = ? AND type IN ({marks(OF_PEOPLE)}) AND recipient = ?",
            (account["n"], *OF_PEOPLE, number),
        ).fetchall()
        for row in found:
            blank_event(connection, row)
        gone += len(found)
    connection.execute("INSERT OR IGNORE INTO erasures (number) VALUES (?)", (number,))
    return gone


def blank_event(connection: sqlite3.Connection, row: sqlite3.Row, *, number_too: bool = True) -> None:
    """Take the text, and the number, out of an event's own row."""
    data = json.loads(row["data"]) if row["data"] else {}
    data.pop("text", None)
    connection.execute("UPDATE events SET data = ? WHERE seq = ?", (write_data(data), row["seq"]))
    if number_too:
        connection.execute("UPDATE events SET recipient = NULL WHERE seq = ?", (row["seq"],))
