"""What leaves the archive's database with time: in many short steps, each a transaction of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Final

from shortlink.archive.database import Archive
from shortlink.archive.erasure import OF_PEOPLE, blank_event, forget_number
from shortlink.archive.facts import COMPLETE, ENDS, NUMBERS, TEXTS, fact, set_fact
from shortlink.archive.rows import TYPE_OF, marks
from shortlink.domain.durations import DAY_MS

STEP = 2000  # rows at once, so that nobody who writes has to wait long
_NUMBER: Final = "(SELECT n FROM accounts WHERE sid = ?)"
_OPEN, _IN_FILES, _DROPPED = 0, 1, 2
Day = tuple[str, int]  # account, UTC day


class Retention:
    """Moves on what is old; a kill at any moment leaves the rest to the next call."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def days_to_move(self, *, before: int) -> list[Day]:
        """List the days that are complete, older than `before`, and not in files yet; oldest first.

        One with events that only a later version can write down waits for that version: it would lose them.
        """
        later = (
            f"EXISTS (SELECT 1 FROM days WHERE account = d.account AND day = d.day AND type NOT IN ({marks(TYPE_OF)}))"
        )
        condition = f"d.moved = ? AND d.day < ? AND d.day <= ? AND NOT {later}"
        return self._days(condition, (_OPEN, before, self._fact(COMPLETE), *TYPE_OF))

    def note_moved(self, account: str, day: int) -> None:
        """Have a day read from its files from now on."""
        self._mark(account, day, _IN_FILES)

    def drop_moved(self) -> int:
        """Remove the events of days that are in files; says how many."""
        gone = 0
        for account, day in self._days("d.moved = ?", (_IN_FILES,)):
            while count := self._drop_some(account, day):
                gone += count
            self._mark(account, day, _DROPPED)
        return gone

    def days_before(self, before: int) -> list[Day]:
        """List all days older than `before`, oldest first."""
        return self._days("d.day < ?", (before,))

    def forget_day(self, account: str, day: int) -> None:
        """Forget that a day was there, once its files are gone."""
        while self._drop_some(account, day):
            pass
        with self._archive.writing() as rows:
            rows.execute(f"DELETE FROM days WHERE day = ? AND account = {_NUMBER}", (day, account))

    def forget_messages(self, *, before: int) -> int:
        """Remove the messages that were accepted before a UTC day from the index; says how many.

        One whose link's end is not told yet stays: it is told from here, and nobody else would.
        """
        gone = 0
        for account in self._accounts():
            since = 0
            while found := self._over(account, since, before):
                self._forget_some(account, found)
                gone, since = gone + len(found), found[-1][1]
        return gone

    def blank_texts(self, *, before: int) -> int:
        """Remove what people wrote before a UTC day; says how many texts."""
        return self._blank(TEXTS, before, number_too=False)

    def blank_numbers(self, *, before: int) -> int:
        """Remove the numbers of messages and people of before a UTC day; says how many."""
        gone = 0
        since = self._fact(NUMBERS)  # whatever is older was blanked before, or came too late to keep its number
        for number in self._accounts():
            while count := self._blank_messages(number, since, before):
                gone += count
        return gone + self._blank(NUMBERS, before, number_too=True)

    def blanked_up_to(self, name: str) -> int:
        """Say up to which UTC day texts, or numbers, are gone from everything; -1 when from nothing."""
        return self._fact(f"{name} in files")

    def note_blanked(self, name: str, day: int) -> None:
        """Note that files hold no texts, or numbers, up to a UTC day any more."""
        with self._archive.writing() as rows:
            set_fact(rows, f"{name} in files", day)

    def forget_number(self, number: str) -> int:
        """Take a person's number (E.164) out of every row, and what the person wrote; says how many rows it was."""
        with self._archive.writing() as rows:
            gone = forget_number(rows, number)
        self._archive.settle()
        return gone

    def erasures(self) -> list[str]:
        """List the numbers that are still to be taken out of files."""
        with self._archive.reading() as rows:
            return [row["number"] for row in rows.execute("SELECT number FROM erasures")]

    def note_erased(self, numbers: Collection[str]) -> None:
        """Note that no file holds these numbers any more: now they are nowhere."""
        with self._archive.writing() as rows:
            rows.executemany("DELETE FROM erasures WHERE number = ?", [(number,) for number in numbers])
        self._archive.settle()

    def _days(self, condition: str, values: tuple[int, ...]) -> list[Day]:
        query = f"SELECT DISTINCT a.sid, d.day FROM days d JOIN accounts a ON a.n = d.account WHERE {condition}"
        with self._archive.reading() as rows:
            return [(row["sid"], row["day"]) for row in rows.execute(f"{query} ORDER BY d.day, a.sid", values)]

    def _fact(self, name: str) -> int:
        with self._archive.reading() as rows:
            return fact(rows, name)

    def _mark(self, account: str, day: int, moved: int) -> None:
        with self._archive.writing() as rows:
            rows.execute(f"UPDATE days SET moved = ? WHERE day = ? AND account = {_NUMBER}", (moved, day, account))

    def _accounts(self) -> list[int]:
        with self._archive.reading() as rows:
            return [row["n"] for row in rows.execute("SELECT n FROM accounts")]

    def _drop_some(self, account: str, day: int) -> int:
        query = f"SELECT account, type, first, last FROM days WHERE day = ? AND account = {_NUMBER}"
        drop = (
            "DELETE FROM events WHERE seq IN (SELECT seq FROM events"
            " WHERE account = ? AND type = ? AND seq BETWEEN ? AND ? AND day = ? LIMIT ?)"
        )
        gone = 0
        with self._archive.writing() as rows:
            for row in rows.execute(query, (day, account)).fetchall():
                gone += rows.execute(drop, (*row, day, STEP)).rowcount
        return gone

    def _over(self, account: int, since: int, before: int) -> list[tuple[int, int, int]]:
        """Find the next messages of which nothing more has to be told, oldest first, with their times and ends."""
        query = (
            "SELECT n, accepted_at, coalesce(expires_at, -1) FROM messages INDEXED BY messages_by_time"
            " WHERE account = ? AND accepted_at >= ? AND accepted_at < ? AND (expires_at IS NULL OR expired)"
            " ORDER BY accepted_at LIMIT ?"
        )
        with self._archive.reading() as rows:  # there may be many that stay, and nobody who writes should wait for them
            return [tuple(row) for row in rows.execute(query, (account, since, before * DAY_MS, STEP))]

    def _forget_some(self, account: int, found: list[tuple[int, int, int]]) -> None:
        with self._archive.writing() as rows:
            for number, *_ in found:
                _forget_message(rows, account, number)
            set_fact(rows, ENDS, max(end for *_, end in found))  # who is met again is not told to have ended again

    def _blank_messages(self, account: int, since: int, before: int) -> int:
        chosen = (
            "SELECT n FROM messages INDEXED BY messages_by_time"
            " WHERE account = ? AND accepted_at >= ? AND accepted_at < ? AND recipient <> '' LIMIT ?"
        )
        with self._archive.writing() as rows:
            query = f"UPDATE messages SET recipient = '' WHERE n IN ({chosen})"
            return rows.execute(query, (account, since * DAY_MS, before * DAY_MS, STEP)).rowcount

    def _blank(self, name: str, before: int, *, number_too: bool) -> int:
        gone = 0
        since = self._fact(name)
        for account, day in self._days("d.day > ? AND d.day < ? AND d.moved = ?", (since, before, _OPEN)):
            with self._archive.writing() as rows:
                for row in _of_people(rows, account, day):
                    blank_event(rows, row, number_too=number_too)
                    gone += 1
        with self._archive.writing() as rows:
            set_fact(rows, name, before - 1)
        return gone


def _forget_message(rows: sqlite3.Connection, account: int, number: int) -> None:
    row = rows.execute("SELECT tags, accepted_at FROM messages WHERE n = ?", (number,)).fetchone()
    query = "DELETE FROM message_tags WHERE account = ? AND tag = ? AND accepted_at = ? AND message = ?"
    tags = dict.fromkeys(row["tags"].split(","))
    rows.executemany(query, [(account, tag, row["accepted_at"], number) for tag in tags])
    rows.execute("DELETE FROM messages WHERE n = ?", (number,))


def _of_people(rows: sqlite3.Connection, account: str, day: int) -> list[sqlite3.Row]:
    query = (
        f"SELECT e.seq, e.data FROM events e JOIN days d ON d.account = e.account AND d.type = e.type AND d.day = ?"
        f" WHERE e.account = {_NUMBER} AND e.type IN ({marks(OF_PEOPLE)})"
        " AND e.seq BETWEEN d.first AND d.last AND e.day = ?"
    )
    return rows.execute(query, (day, account, *OF_PEOPLE, day)).fetchall()
