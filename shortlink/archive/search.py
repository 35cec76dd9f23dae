"""Find messages along the index that has the fewest of them to look at.

Without statistics, which would have to be renewed as the archive grows, SQLite cannot know that one tag has ten
messages and another a million. So the entries of each index that fits are counted up to a bound, which takes about a
millisecond, and the shortest way is taken.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shortlink.domain.message import MessageStatus

MANY = 10_000  # more of them are not counted: in order of time, a page is found among so many soon enough
_Part = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; None is anything. Times are UTC milliseconds.

    `number` is the beginning of one, `ending` the end. `submitted` asks for what the carrier took, `error` is why it
    failed, `link` an address that it leads to, without what follows a ? or #.
    """

    number: str | None = None
    ending: str | None = None
    tag: str | None = None
    clicked: bool | None = None
    submitted: bool = False
    error: str | None = None
    link: str | None = None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """An index to walk along: how to name it, what its entries must be like, and which of its columns are the order."""

    tables: str
    entries: _Part
    time: str = "m.accepted_at"
    place: str = "m.n"
    sorts: bool = False  # in its own order, so that all of it has to be read


def find_places(
    connection: sqlite3.Connection,
    owner: int,
    wanted: Wanted,
    *,
    status: MessageStatus | None,
    before: int | None,
    limit: int,
    many: int = MANY,
) -> list[int]:
    """Name the places of an account's messages, newest first; `before` is the last place on the page before."""
    way = _shortest(connection, list(_ways(owner, wanted, status)), many)
    parts = [way.entries, *_conditions(owner, wanted, status, way), *_bounds(connection, owner, wanted, before, way)]
    query = f"SELECT m.n FROM {way.tables} WHERE {' AND '.join(text for text, _ in parts)}"
    values = [value for _, some in parts for value in some]
    order = f"ORDER BY {way.time} DESC, {way.place} DESC LIMIT ?"
    return [row["n"] for row in connection.execute(f"{query} {order}", (*values, limit))]


def _ways(owner: int, wanted: Wanted, status: MessageStatus | None) -> Iterator[_Way]:
    if wanted.tag is not None:
        yield _Way(
            tables="message_tags t CROSS JOIN messages m ON m.n = t.message",
            entries=("t.account = ? AND t.tag = ?", (owner, wanted.tag)),
            time="t.accepted_at",
            place="t.message",
        )
    if status is not None:
        yield _Way(
            tables="messages m INDEXED BY messages_by_status",
            entries=("m.account = ? AND m.status = ?", (owner, status.value)),
        )
    if wanted.clicked:
        yield _Way(
            tables="messages m INDEXED BY messages_clicked",
            entries=("m.account = ? AND m.first_click_at IS NOT NULL", (owner,)),
        )
    if wanted.number:
        yield _Way(
            tables="messages m INDEXED BY messages_by_recipient",
            entries=("m.account = ? AND m.recipient >= ? AND m.recipient < ?", (owner, *_numbers(wanted.number))),
            sorts=True,
        )
    if wanted.ending:
        # All of an account's numbers are looked at, in the index alone.
        yield _Way(
            tables="messages m INDEXED BY messages_by_recipient",
            entries=("m.account = ? AND substr(m.recipient, ?) = ?", (owner, *_end(wanted.ending))),
            sorts=True,
        )
    yield _Way(tables="messages m INDEXED BY messages_by_time", entries=("m.account = ?", (owner,)))


def _shortest(connection: sqlite3.Connection, ways: list[_Way], many: int) -> _Way:
    """Choose the way with the fewest entries; of those with many, the first that need not be read whole."""
    if len(ways) == 1:
        return ways[0]
    sizes = [_size(connection, way, many) for way in ways[:-1]]
    least = min(sizes)
    if least < many:
        return ways[sizes.index(least)]
    return next(way for way in ways if not way.sorts)


def _size(connection: sqlite3.Connection, way: _Way, many: int) -> int:
    tables = way.tables.partition(" CROSS JOIN ")[0]
    query = f"SELECT count(*) FROM (SELECT 1 FROM {tables} WHERE {way.entries[0]} LIMIT ?)"
    return int(connection.execute(query, (*way.entries[1], many)).fetchone()[0])


def _conditions(owner: int, wanted: Wanted, status: MessageStatus | None, way: _Way) -> Iterator[_Part]:
    """Ask of each message what the entries of the way do not promise."""
    if wanted.tag is not None and "message_tags" not in way.tables:
        tagged = "SELECT 1 FROM message_tags t WHERE t.account = ? AND t.tag = ?"
        yield f"EXISTS ({tagged} AND t.accepted_at = m.accepted_at AND t.message = m.n)", (owner, wanted.tag)
    if status is not None:
        yield "m.status = ?", (status.value,)
    if wanted.clicked is not None:
        yield f"m.first_click_at IS {'NOT ' if wanted.clicked else ''}NULL", ()
    if wanted.number:
        yield "m.recipient >= ? AND m.recipient < ?", _numbers(wanted.number)
    if wanted.ending:
        yield "substr(m.recipient, ?) = ?", _end(wanted.ending)
    yield from _unindexed(wanted)


def _unindexed(wanted: Wanted) -> Iterator[_Part]:
    """Ask what no index knows: of nearly all messages it is true, or it is asked of failures or clicks of some days."""
    if wanted.submitted:
        yield "m.submitted_at IS NOT NULL", ()
    if wanted.error is not None:
        yield "m.error = ?", (wanted.error,)
    if wanted.link is not None:
        length = len(wanted.link) + 1
        yield "(m.link = ? OR substr(m.link, 1, ?) IN (?, ?))", (wanted.link, length, *_longer(wanted.link))


def _bounds(
    connection: sqlite3.Connection, owner: int, wanted: Wanted, before: int | None, way: _Way
) -> Iterator[_Part]:
    if wanted.since is not None:
        yield f"{way.time} >= ?", (wanted.since,)
    if wanted.until is not None:
        yield f"{way.time} < ?", (wanted.until,)
    if before is not None:
        query = "SELECT accepted_at FROM messages WHERE n = ? AND account = ?"
        row = connection.execute(query, (before, owner)).fetchone()
        if row is None:  # forgotten meanwhile, and with it everything that is older
            yield "0", ()
        else:
            yield f"({way.time}, {way.place}) < (?, ?)", (row["accepted_at"], before)


def _end(number: str) -> tuple[int, str]:
    return -len(number), number


def _longer(link: str) -> tuple[str, str]:
    """Name how an address begins that goes on with a query or a fragment."""
    return f"{link}?", f"{link}#"


def _numbers(number: str) -> tuple[str, str]:
    """Name the bounds between which the numbers with a beginning lie."""
    begin = "+" + number.strip().removeprefix("+")
    return begin, begin + ":"  # ":" follows "9"
