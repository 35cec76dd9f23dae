"""Single numbers that the archive remembers."""

from __future__ import annotations

import sqlite3
from typing import Final

COMPLETE: Final = "complete"  # the last UTC day (since 1970) to which nothing can be added any more
TEXTS: Final = "texts"  # the last UTC day of which no texts are kept any more
NUMBERS: Final = "numbers"  # the same for numbers
ENDS: Final = "ends"  # the latest end of a link (ms) that was told before its message left the index
IDENTITY: Final = "identity"  # of this archive; one that is made again has another


def fact(connection: sqlite3.Connection, name: str) -> int:
    """Read a number; -1 when it was never set."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return int(row["value"]) if row else -1


def set_fact(connection: sqlite3.Connection, name: str, value: int) -> None:
    """Remember a number; it never goes down."""
    query = "INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)"
    connection.execute(query, (name, value))
