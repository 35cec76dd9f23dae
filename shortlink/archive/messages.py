"""The index of messages: find them by number, tag, status, clicks and time."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shortlink.archive.database import Archive
from shortlink.archive.rows import LISTED, as_list, number_of_account, read_tags
from shortlink.archive.search import Wanted, find_places
from shortlink.domain.event import Event, EventType
from shortlink.domain.message import MessageStatus
from shortlink.domain.message_id import split_message_id

_COLUMNS = """
    m.n, m.id, m.code, a.sid AS account, m.recipient, m.sender, m.tags, m.status, m.accepted_at, m.submitted_at,
    m.ended_at, m.segments, m.cost, m.link, m.expires_at, m.error, m.first_click_at, m.clicks, m.machine_hits
"""
_TABLES = "FROM messages m JOIN accounts a ON a.n = m.account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A message as the archive knows it. `n` is its place in the index; times are UTC milliseconds."""

    n: int
    id: str
    code: str
    account: str
    recipient: str  # "" once erased
    sender: str
    tags: tuple[str, ...]
    status: MessageStatus
    accepted_at: int
    submitted_at: int | None  # when the carrier had it
    ended_at: int | None  # when its final status came
    segments: int
    cost: float
    link: str | None  # as the customer wrote it
    expires_at: int | None
    error: str | None
    first_click_at: int | None
    clicks: int
    machine_hits: int


class MessageIndex:
    """The messages of all accounts; the store knows more of each, but cannot search."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def search(
        self,
        account: str,
        *,
        number: str | None = None,
        ending: str | None = None,
        tag: str | None = None,
        status: Collection[MessageStatus] = (),
        clicked: bool | None = None,
        submitted: bool = False,
        error: str | None = None,
        link: str | None = None,
        since: int | None = None,
        until: int | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Row]:
        """Find messages, newest first; all conditions apply.

        `number` is a recipient in E.164 or the beginning of one, `ending` the end of one. `submitted` asks for what the
        carrier took, `error` is why it failed, `link` an address that it leads to, without what follows a ? or #.
        `since` is included, `until` is not. `before` is the `n` of the last row of the page before.
        """
        wanted = Wanted(
            number=number,
            ending=ending,
            tag=tag,
            clicked=clicked,
            submitted=submitted,
            error=error,
            link=link,
            since=since,
            until=until,
        )
        with self._archive.reading() as connection:
            owner = number_of_account(connection, account)
            # One status at a time: each has an index in the right order, several together would have to be sorted.
            found = [
                place
                for one in status or (None,)
                for place in find_places(connection, owner, wanted, status=one, before=before, limit=limit)
            ]
            query = f"SELECT {_COLUMNS} {_TABLES} WHERE m.n IN {LISTED}"
            rows = [_row(row) for row in connection.execute(query, (as_list(found),))]
        return sorted(rows, key=lambda row: (row.accepted_at, row.n), reverse=True)[:limit]

    def get(self, account: str, message_id: str) -> Row | None:
        """Read one message; None when it is not the account's, or was never met."""
        split = split_message_id(message_id)
        if split is None:
            return None
        # Left to itself, SQLite walks through all messages of the account.
        tables = "FROM messages m INDEXED BY messages_by_code CROSS JOIN accounts a ON a.n = m.account"
        query = f"SELECT {_COLUMNS} {tables} WHERE m.code = ? AND m.id = ? AND a.sid = ?"
        with self._archive.reading() as connection:
            row = connection.execute(query, (split[0], message_id, account)).fetchone()
        return _row(row) if row else None

    def known(self, codes: Collection[str]) -> Mapping[str, Row]:
        """Read the messages with these codes; of two that had the same code, one after the other, the younger."""
        if not self._archive.path.exists():
            return {}
        with self._archive.reading() as connection:
            query = f"SELECT {_COLUMNS} {_TABLES} WHERE m.code IN {LISTED} ORDER BY m.n"
            return {row["code"]: _row(row) for row in connection.execute(query, (as_list(codes),))}

    def walk_lasting(self, until: int, *, accepted_after: int, page: int) -> Iterator[list[str]]:
        """Walk over the codes of messages whose links live until then or, without one, were accepted after a time.

        Nothing is held open between two pages. Raises ArchiveUnavailable.
        """
        query = "SELECT n, code, coalesce(expires_at > ?, accepted_at > ?) AS lasts FROM messages WHERE n > ?"
        last = 0
        while True:
            with self._archive.reading() as connection:
                rows = connection.execute(f"{query} ORDER BY n LIMIT ?", (until, accepted_after, last, page)).fetchall()
            if not rows:
                return
            last = rows[-1]["n"]
            yield [row["code"] for row in rows if row["lasts"]]

    def to_expire(self, now: int, *, most: int) -> list[Event]:
        """Tell of the links whose time has passed and that are not noted as expired yet, as events to be kept."""
        if not self._archive.path.exists():
            return []
        query = f"SELECT {_COLUMNS} {_TABLES} WHERE m.expires_at <= ? AND m.expired = 0 ORDER BY m.expires_at LIMIT ?"
        with self._archive.reading() as connection:
            return [_expiry(_row(row), now) for row in connection.execute(query, (now, most))]


def _row(row: sqlite3.Row) -> Row:
    values: dict[str, Any] = dict(row)
    return Row(**{**values, "tags": read_tags(row["tags"]), "status": MessageStatus(row["status"])})


def _expiry(row: Row, now: int) -> Event:
    return Event(
        id=f"x{row.id}",  # no partition is called x, and a link expires once
        type=EventType.LINK_EXPIRED,
        at=row.expires_at or now,
        kept_at=now,
        account=row.account,
        message_id=row.id,
        code=row.code,
        recipient=row.recipient,
        sender=row.sender,
        tags=row.tags,
        data={"link": row.link, "clicks": row.clicks},
    )
