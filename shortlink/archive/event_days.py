"""The UTC days of accounts: which there are, what happened on each, and how far each has come."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from shortlink.archive.database import Archive
from shortlink.archive.facts import COMPLETE, fact
from shortlink.archive.places import PAGE, events_at, places_of_types
from shortlink.archive.rows import NUMBER_OF, TYPE_OF, marks, number_of_account
from shortlink.domain.event import Event, EventType


class EventDays:
    """Every event by the day on which it was kept; a day that is in files is still counted here."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def days(self, account: str) -> list[int]:
        """List the UTC days (since 1970) of which an account has events, oldest first, also those moved to files."""
        return sorted({day for day, _ in self.filed(account)})

    def filed(self, account: str) -> dict[tuple[int, EventType], int]:
        """Count an account's events by day and type."""
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            rows = connection.execute("SELECT day, type, count FROM days WHERE account = ?", (number,))
            return {(row["day"], TYPE_OF[row["type"]]): row["count"] for row in rows if row["type"] in TYPE_OF}

    def of_day(self, account: str, day: int, types: Collection[EventType]) -> Iterator[Event]:
        """Walk over the events that an account's UTC day holds, in order, a page at a time: any number in flat memory.

        Nothing is held open between two pages, so a slow reader keeps nobody from writing.
        """
        kinds = [NUMBER_OF[type_] for type_ in types]
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            bounds = connection.execute(
                f"SELECT min(first), max(last) FROM days WHERE account = ? AND day = ? AND type IN ({marks(kinds)})",
                (number, day, *kinds),
            ).fetchone()
        if bounds[0] is None:
            return
        place, last = bounds[0] - 1, bounds[1]
        while place < last:
            with self._archive.reading() as connection:
                places = places_of_types(connection, number, types, after=place, most=PAGE, day=day, last=last)
                page = events_at(connection, places)
            yield from page
            place = places[-1] if places else last

    def is_complete(self, day: int) -> bool:
        """Whether nothing can be added to a UTC day any more."""
        with self._archive.reading() as connection:
            return day <= fact(connection, COMPLETE)

    def is_moved(self, account: str, day: int) -> bool:
        """Whether an account's UTC day has been moved into files."""
        query = "SELECT max(moved) FROM days WHERE account = ? AND day = ?"
        with self._archive.reading() as connection:
            row = connection.execute(query, (number_of_account(connection, account), day)).fetchone()
            return bool(row[0])
