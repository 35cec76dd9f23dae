"""Where events lie in the archive's order, and what lies there."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence

from shortlink.archive.rows import EVENT_COLUMNS, LISTED, NUMBER_OF, TYPE_OF, as_list, marks, read_event
from shortlink.domain.durations import DAY_MS
from shortlink.domain.end_of_time import END_OF_TIME
from shortlink.domain.event import Event, EventType
from shortlink.domain.message_id import split_message_id

PAGE = 500  # events that are read at once


def places_of_types(
    connection: sqlite3.Connection,
    account: int,
    types: Collection[EventType],
    *,
    after: int,
    most: int,
    day: int | None = None,
    last: int | None = None,
) -> list[int]:
    """Name the next places of an account's events; each type is one short walk along its index."""
    bounds = ("" if last is None else " AND seq <= ?") + ("" if day is None else " AND day = ?")
    within = [value for value in (last, day) if value is not None]
    parts: list[str] = []
    values: list[int] = []
    for type_ in types:
        part = f"SELECT seq FROM events WHERE account = ? AND type = ? AND seq > ?{bounds} ORDER BY seq LIMIT ?"
        parts.append(f"SELECT seq FROM ({part})")
        values += [account, NUMBER_OF[type_], after, *within, most]
    query = " UNION ALL ".join(parts) + " ORDER BY seq LIMIT ?"
    return [row["seq"] for row in connection.execute(query, (*values, most))]


def places_of_message(
    connection: sqlite3.Connection,
    account: int,
    message_id: str,
    types: Collection[EventType],
    *,
    after: int = 0,
    most: int = -1,
) -> list[int]:
    """Name the places of what happened to one message; none when it is not the account's."""
    split = split_message_id(message_id)
    if split is None:
        return []
    kinds = [NUMBER_OF[type_] for type_ in types]
    query = (
        "SELECT seq FROM events WHERE message ="
        " (SELECT n FROM messages INDEXED BY messages_by_code WHERE code = ? AND id = ? AND account = ?)"
        f" AND seq > ? AND type IN ({marks(kinds)}) ORDER BY seq LIMIT ?"
    )
    rows = connection.execute(query, (split[0], message_id, account, after, *kinds, most))
    return [row["seq"] for row in rows]


def with_tag(connection: sqlite3.Connection, places: Sequence[int], tag: str) -> list[int]:
    """Pick the places whose events are about a message with this tag."""
    query = (
        "SELECT e.seq FROM events e CROSS JOIN messages m ON m.n = e.message"
        f" WHERE e.seq IN {LISTED} AND instr(',' || m.tags || ',', ?) ORDER BY e.seq"
    )
    return [row["seq"] for row in connection.execute(query, (as_list(places), f",{tag},"))]


def events_at(connection: sqlite3.Connection, places: Sequence[int]) -> list[Event]:
    """Read the events at these places, in order; those of later types are left out."""
    query = f"SELECT {EVENT_COLUMNS} WHERE e.seq IN {LISTED} ORDER BY e.seq"
    return [read_event(row) for row in connection.execute(query, (as_list(places),)) if row["type"] in TYPE_OF]


def holds_later_types(connection: sqlite3.Connection, places: Sequence[int]) -> bool:
    """Whether an event of a type that only a later version knows is at one of these places."""
    query = f"SELECT 1 FROM events WHERE seq IN {LISTED} AND type NOT IN ({marks(TYPE_OF)}) LIMIT 1"
    return connection.execute(query, (as_list(places), *TYPE_OF)).fetchone() is not None


def last_places(
    connection: sqlite3.Connection,
    account: int,
    types: Collection[EventType],
    *,
    most: int,
    before: int | None = None,
    since: int | None = None,
    until: int | None = None,
) -> list[int]:
    """Name the last places of an account's events, newest first: of all, before a place, or of a time (UTC ms).

    Of a time, those that were kept within a day of it: what happened is told soon, but for taps of a spool.
    """
    bounds, within = ("", []) if before is None else (" AND seq < ?", [before])
    if since is not None or until is not None:
        bounds += " AND seq BETWEEN ? AND ? AND at >= ? AND at < ?"
        since, until = since or 0, until or END_OF_TIME
        within += [*_places_around(connection, account, types, since, until), since, until]
    part = f"SELECT seq FROM (SELECT seq FROM events WHERE account = ? AND type = ?{bounds} ORDER BY seq DESC LIMIT ?)"
    values = [value for type_ in types for value in (account, NUMBER_OF[type_], *within, most)]
    query = " UNION ALL ".join([part] * len(types)) + " ORDER BY seq DESC LIMIT ?"
    return [row["seq"] for row in connection.execute(query, (*values, most))]


def _places_around(
    connection: sqlite3.Connection, account: int, types: Collection[EventType], since: int, until: int
) -> tuple[int, int]:
    """Name the first and the last place of the days of a time, so that nobody walks over all others."""
    query = (
        "SELECT coalesce(min(first), 0) AS first, coalesce(max(last), 0) AS last FROM days"
        f" WHERE account = ? AND day BETWEEN ? AND ? AND type IN ({marks(types)})"
    )
    kinds = [NUMBER_OF[type_] for type_ in types]
    row = connection.execute(query, (account, since // DAY_MS, until // DAY_MS + 1, *kinds)).fetchone()
    return row["first"], row["last"]
