"""Audit what the event streams tell, by itself and against the records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from shortlink.domain.code import PARTITIONS
from shortlink.domain.invariants import Bounds, Finding
from shortlink.domain.message import MessageStatus
from shortlink.storage.event_entry import Entry, EntryKind
from shortlink.storage.inspected import Gist
from shortlink.storage.inspection import Inspector

PAGE = 500
END_MS = 60_000  # a record is about to end: it may do so while it is looked for
_STATUSES = frozenset(status.value for status in MessageStatus)


@dataclass(slots=True)
class _Told:
    """What the log has told of one message so far."""

    status: MessageStatus | None = None
    accepted_at: int | None = None
    clicked: bool = False


@dataclass(slots=True)
class _Reader:
    """Reads one partition's log in order, and keeps what it tells of each message."""

    messages: dict[str, _Told] = field(default_factory=dict)

    def read(self, event: Entry) -> Iterator[tuple[str, str]]:
        """Take in one event; give what it breaks: the invariant, and what was seen."""
        told = self.messages.setdefault(event.subject, _Told())
        match event.kind:
            case EntryKind.ACCEPTED:
                if told.accepted_at is not None:
                    yield "I12", "accepted twice"
                told.accepted_at = event.kept_at
            case EntryKind.CONFLICT:
                yield "I3", "a second message at the carrier"
            case EntryKind.FIRST_CLICK:
                if told.clicked:
                    yield "I7", "clicked for the first time twice: its callback would have two beginnings"
                told.clicked = True
            case EntryKind.STATUS:
                yield from self._rise(told, event.value)
            case EntryKind.UNCONFIRMED:
                told.status = told.status or MessageStatus.UNCONFIRMED

    def _rise(self, told: _Told, letter: str) -> Iterator[tuple[str, str]]:
        if letter not in _STATUSES:
            yield "I18", "an event of it cannot be read: its status is none"
            return
        status = MessageStatus(letter)
        if told.status is not None and status.rank <= told.status.rank:
            yield "I11", f"its status went down to {letter}"
        told.status = status


def audit_log(inspector: Inspector, bounds: Bounds | None) -> Iterator[Finding]:
    """Yield what the log breaks, and the records that stand lower than it tells, or are not there at all.

    The log is read before the records, which only rise meanwhile.
    """
    archived = inspector.archived()
    for partition in PARTITIONS:
        if partition in archived and not inspector.has_events(partition):
            yield lost_stream(partition, archived[partition])
        reader = _Reader()
        for event in inspector.events(partition):
            if event.kind in _OF_MESSAGES:
                for name, seen in reader.read(event):
                    yield Finding(invariant=name, subject=event.subject, seen=seen)
        yield from _compare(inspector, reader.messages, bounds)


_OF_MESSAGES = frozenset(
    {EntryKind.ACCEPTED, EntryKind.CONFLICT, EntryKind.FIRST_CLICK, EntryKind.STATUS, EntryKind.UNCONFIRMED}
)


def lost_stream(partition: str, position: str) -> Finding:
    """Say that a stream is not there which was recorded up to a position; trimming leaves an empty one."""
    seen = f"the archive has entry {position}, the stream is not there: the store has lost events"
    return Finding(invariant="I17", subject=f"stream {partition}", seen=seen)


def may_have_ended(accepted_at: int, now: int, bounds: Bounds | None) -> bool:
    """Whether the record of a message that was accepted then may be gone by now."""
    return bounds is not None and accepted_at + bounds.record_ms - END_MS <= now


def _compare(inspector: Inspector, messages: dict[str, _Told], bounds: Bounds | None) -> Iterator[Finding]:
    now, items = inspector.now(), iter(messages.items())
    while page := dict(islice(items, PAGE)):
        there = inspector.gists(list(page))
        for code, told in page.items():
            if code in there:
                yield from (
                    Finding(invariant=name, subject=code, seen=seen) for name, seen in _below(told, there[code])
                )
            elif bounds is not None and told.accepted_at and not may_have_ended(told.accepted_at, now, bounds):
                yield Finding(invariant="I1", subject=code, seen="the log has it accepted, its record is not there")


def _below(told: _Told, gist: Gist) -> Iterator[tuple[str, str]]:
    """Compare a record with what the log had told before it was read."""
    if told.clicked and not gist.clicked:
        yield "I6", "the log has its first click, its record has none"
    if told.status is None or gist.status not in _STATUSES:
        return
    now = MessageStatus(gist.status)
    if now.rank < told.status.rank or (told.status.is_final and now is not told.status):
        yield "I11", f"status {now.name}, but the log has it {told.status.name}"
