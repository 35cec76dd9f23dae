"""The log of events: append in one order, read on from any place."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shortlink.archive.database import Archive
from shortlink.archive.erasure import forget_number
from shortlink.archive.facts import COMPLETE, IDENTITY, fact, set_fact
from shortlink.archive.places import (
    PAGE,
    events_at,
    last_places,
    places_of_message,
    places_of_types,
    with_tag,
)
from shortlink.archive.projection import Projection
from shortlink.archive.rows import number_of_account
from shortlink.domain.event import Event, EventType, MetMessage

LOOKED_AT = 10_000  # events that one page of a feed by tag looks at, so that a rare tag holds nobody up


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedPage:
    """Some events in order, the place to read on from, and whether there is more already."""

    events: list[Event]
    next: int
    more: bool


class EventLog:
    """Every event once, in the order in which they were kept."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def append(
        self,
        events: Sequence[Event],
        positions: Mapping[str, str] | None = None,
        *,
        met: Sequence[MetMessage] = (),
        counts: Mapping[str, int] | None = None,
        erased: Collection[str] = (),
        complete: int | None = None,
    ) -> int:
        """Keep events, what follows from them for messages and figures, and how far the streams were read.

        One transaction: after a kill all of it is there, or nothing. `met` are messages seen for the first time,
        `counts` how many entries were read of each stream, `erased` numbers that are to be forgotten, `complete` the
        last UTC day to which nothing can be added any more. Returns the newest place, 0 without events. Raises
        ArchiveUnavailable, and Overtaken when somebody else has read one of the streams as far.
        """
        with self._archive.writing() as connection:
            place = self.add(connection, events, positions, met=met, counts=counts)
            for number in erased:
                forget_number(connection, number)
            if complete is not None:
                set_fact(connection, COMPLETE, complete)
            return place

    def add(
        self,
        connection: sqlite3.Connection,
        events: Sequence[Event],
        positions: Mapping[str, str] | None = None,
        *,
        met: Sequence[MetMessage] = (),
        counts: Mapping[str, int] | None = None,
    ) -> int:
        """Do what `append` does within the caller's own transaction."""
        projection = Projection(connection)
        projection.advance(positions or {}, counts or {})
        projection.meet(met)
        return projection.keep(events)

    def open(self) -> None:
        """Make the archive, or bring its tables up to date. Raises ArchiveUnavailable."""
        with self._archive.writing():
            pass

    def check_in_place(self) -> None:
        """Raise ArchiveUnavailable when the archive that is written was moved away or removed."""
        self._archive.check_in_place()

    def positions(self) -> dict[str, str]:
        """Say up to which entry each stream was read; empty for an archive that is not there yet."""
        if not self._archive.path.exists():
            return {}
        with self._archive.reading() as connection:
            return {row["stream"]: row["id"] for row in connection.execute("SELECT stream, id FROM positions")}

    def entries_read(self) -> dict[str, tuple[str, int]]:
        """Say up to which entry each stream was read, and how many entries that was in all."""
        with self._archive.reading() as connection:
            rows = connection.execute("SELECT stream, id, entries FROM positions")
            return {row["stream"]: (row["id"], row["entries"]) for row in rows}

    def page(
        self,
        account: str,
        *,
        after: int = 0,
        types: Collection[EventType] = (),
        tag: str | None = None,
        message_id: str | None = None,
        limit: int = 100,
    ) -> FeedPage:
        """Read an account's next events after a place, oldest first; no types means all of them.

        With a tag there can be fewer than asked for although there is more. `next` stays `after` when nothing is new.
        """
        wanted, most = tuple(types or EventType), limit if tag is None else LOOKED_AT
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            if message_id is not None:
                places = places_of_message(connection, number, message_id, wanted, after=after, most=most + 1)
            else:
                places = places_of_types(connection, number, wanted, after=after, most=most + 1)
            wanted_places = places[:most]
            if tag is not None:
                wanted_places = [place for some in _pages(places[:most]) for place in with_tag(connection, some, tag)]
            found = [event for some in _pages(wanted_places[:limit]) for event in events_at(connection, some)]
        if len(wanted_places) > limit:
            return FeedPage(events=found, next=found[-1].seq, more=True)
        seen = places[:most][-1] if places else after
        return FeedPage(events=found, next=seen, more=len(places) > most)

    def newest_seq(self, account: str | None = None) -> int:
        """Name the newest place in the archive, or of one account; 0 when there is none."""
        with self._archive.reading() as connection:
            if account is None:
                row = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
            else:
                number = number_of_account(connection, account)
                row = connection.execute(
                    "SELECT coalesce(max(last), 0) FROM days WHERE account = ?", (number,)
                ).fetchone()
            return int(row[0])

    def identity(self) -> int:
        """Name this archive; places in one that is made again mean something else, and so it has another name."""
        with self._archive.reading() as connection:
            return fact(connection, IDENTITY)

    def end(self) -> int:
        """Name the newest place that was ever given, also when its event is in a file by now."""
        with self._archive.reading() as connection:
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
            return int(row["seq"]) if row else 0

    def newest(
        self,
        account: str,
        *,
        count: int,
        types: Collection[EventType] = (),
        before: int | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> list[Event]:
        """Read an account's last events, newest first: of all, before a place, or of a time (UTC ms)."""
        with self._archive.reading() as connection:
            number, wanted = number_of_account(connection, account), tuple(types or EventType)
            places = last_places(connection, number, wanted, most=count, before=before, since=since, until=until)
            return events_at(connection, places)[::-1]

    def of_message(self, account: str, message_id: str) -> list[Event]:
        """List everything that happened to one message, in order of time."""
        with self._archive.reading() as connection:
            number = number_of_account(connection, account)
            places = places_of_message(connection, number, message_id, tuple(EventType))
            found = [event for some in _pages(places) for event in events_at(connection, some)]
        return sorted(found, key=lambda event: (event.at, event.seq))


def _pages(places: Sequence[int]) -> Iterator[Sequence[int]]:
    for begin in range(0, len(places), PAGE):
        yield places[begin : begin + PAGE]
