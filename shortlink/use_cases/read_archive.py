"""Read what the archive knows of an account: figures, messages, events."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from shortlink.archive.events import EventLog
from shortlink.archive.failures import FailureFigures
from shortlink.archive.figures import Figures, Point, TagFigures
from shortlink.archive.link_ranking import LinkFigures
from shortlink.archive.messages import MessageIndex, Row
from shortlink.archive.tag_ranking import TagOrder
from shortlink.archive.totals import Totals
from shortlink.domain.event import Event, EventType
from shortlink.domain.message import MessageStatus

__all__ = [
    "ArchiveDesk",
    "FailureFigures",
    "LinkFigures",
    "Overview",
    "Point",
    "Row",
    "Search",
    "TagFigures",
    "TagOrder",
    "Totals",
]

BEST = 8
MOST_TAGS = 100
TAGS_LISTED = 1000  # where there are so many, there may be more


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What happened in a period: in all, step by step, and where it went best."""

    totals: Totals
    series: tuple[Point, ...]
    median_first_click_ms: int | None
    failures: tuple[FailureFigures, ...]
    best_links: tuple[LinkFigures, ...]
    best_tags: tuple[TagFigures, ...]
    tags: tuple[str, ...]  # those that the account has used, 1,000 at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What messages are looked for; all conditions apply, times are UTC milliseconds."""

    number: str | None = None  # the beginning of a number
    ending: str | None = None  # the end of one
    tag: str | None = None
    status: Collection[MessageStatus] = ()
    clicked: bool | None = None
    submitted: bool = False  # only what the carrier took, whatever became of it
    error: str | None = None  # why it failed
    link: str | None = None  # an address that it leads to, without what follows a ? or #
    since: int | None = None
    until: int | None = None


class ArchiveDesk:
    """Reads the archive; every method raises ArchiveUnavailable while it cannot be read."""

    def __init__(self, *, events: EventLog, messages: MessageIndex, figures: Figures) -> None:
        self._events = events
        self._messages = messages
        self._figures = figures

    def overview(self, sid: str, *, since: int, until: int, step_ms: int, tag: str | None = None) -> Overview:
        """Read the figures of a period and a tag; the best tags, which compare tags, are of all messages."""
        figures = self._figures
        return Overview(
            totals=figures.totals(sid, since=since, until=until, tag=tag),
            series=tuple(figures.series(sid, since=since, until=until, step_ms=step_ms, tag=tag)),
            median_first_click_ms=figures.median_first_click_ms(sid, since=since, until=until, tag=tag),
            failures=tuple(figures.failures(sid, since=since, until=until, tag=tag, limit=BEST)),
            best_links=tuple(figures.best_links(sid, since=since, until=until, tag=tag, limit=BEST)),
            best_tags=tuple(figures.best_tags(sid, since=since, until=until, limit=MOST_TAGS)),
            tags=tuple(figures.tags(sid, limit=TAGS_LISTED)),
        )

    def links(self, sid: str, *, since: int, until: int, tag: str | None = None, limit: int) -> list[LinkFigures]:
        """Rank the addresses that links lead to by how many messages led somebody there."""
        return self._figures.best_links(sid, since=since, until=until, tag=tag, limit=limit)

    def compare_tags(
        self, sid: str, *, since: int, until: int, by: TagOrder, rising: bool, limit: int
    ) -> list[TagFigures]:
        """List the tags of which anything happened, in the order of one of their figures."""
        return self._figures.best_tags(sid, since=since, until=until, by=by, rising=rising, limit=limit)

    def tags(self, sid: str) -> list[str]:
        """List the tags an account has used, in order of the alphabet, the first `TAGS_LISTED` of them."""
        return self._figures.tags(sid, limit=TAGS_LISTED)

    def begin(self, sid: str) -> int | None:
        """Say when the first UTC day with figures begins, in UTC milliseconds; None before there is one."""
        return self._figures.begin(sid)

    def search(self, sid: str, wanted: Search, *, before: int | None, limit: int) -> list[Row]:
        """Find messages, newest first; `before` is the `n` of the last one on the page before."""
        return self._messages.search(
            sid,
            number=wanted.number,
            ending=wanted.ending,
            tag=wanted.tag,
            status=wanted.status,
            clicked=wanted.clicked,
            submitted=wanted.submitted,
            error=wanted.error,
            link=wanted.link,
            since=wanted.since,
            until=wanted.until,
            before=before,
            limit=limit,
        )

    def message(self, sid: str, message_id: str) -> Row | None:
        """Read one message; it outlives its record in the store."""
        return self._messages.get(sid, message_id)

    def message_of_code(self, sid: str, code: str) -> Row | None:
        """Find the message that a short code belongs to."""
        found = self._messages.known([code]).get(code)
        return found if found is not None and found.account == sid else None

    def events_of(self, sid: str, message_id: str) -> list[Event]:
        """List what happened to a message, in order of time."""
        return self._events.of_message(sid, message_id)

    def newest(self, sid: str) -> int:
        """Name the place of an account's newest event: it changes with every change that a page could show."""
        return self._events.newest_seq(sid)

    def newest_events(
        self,
        sid: str,
        *,
        count: int,
        types: Collection[EventType] = (),
        before: int | None = None,
        since: int | None = None,
        until: int | None = None,
    ) -> list[Event]:
        """List an account's last few events, newest first: of all, before a place, or of a time (UTC ms)."""
        return self._events.newest(sid, count=count, types=types, before=before, since=since, until=until)

    def events_after(self, sid: str, place: int, *, count: int, types: Collection[EventType] = ()) -> list[Event]:
        """List an account's events after a place, oldest first."""
        return self._events.page(sid, after=place, types=types, limit=count).events
