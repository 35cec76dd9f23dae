"""Audit a live store: check every invariant of the ledger without changing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from shortlink.archive.events import EventLog
from shortlink.domain.code import PARTITIONS
from shortlink.domain.invariants import Finding, check
from shortlink.domain.message import MessageStatus
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.events import EventStreams
from shortlink.storage.inspection import Inspector

PAGE = 200
_STATUSES = frozenset(status.value for status in MessageStatus)


def audit_store(inspector: Inspector, *, progress: Callable[[int], None] = lambda _: None) -> Iterator[Finding]:
    """Yield every breach found; `progress` is told the number of messages looked at so far.

    Safe on a live store: each message is read at one instant. What spans messages is read over time, so a
    finding there is worth a second audit.
    """
    seen: set[str] = set()
    for codes in (inspector.codes(), inspector.due_codes()):
        while page := list(islice((code for code in codes if code not in seen), PAGE)):
            seen.update(page)
            for snapshot in inspector.look_at(list(dict.fromkeys(page))):
                yield from check(snapshot)
            progress(len(seen))
    for partition in PARTITIONS:
        yield from _check_events(inspector, partition)
    for key in inspector.keys_without_end():
        yield Finding(invariant="I16", subject=key, seen="a key without an end that nothing leads to")


def _check_events(inspector: Inspector, partition: str) -> Iterator[Finding]:
    """Check what the log tells: statuses only rise, a message is accepted once, no carrier took it twice."""
    rank: dict[str, int] = {}
    accepted: set[str] = set()
    for event in inspector.events(partition):
        code = event.subject
        if event.kind is EntryKind.ACCEPTED:
            if code in accepted:
                yield Finding(invariant="I12", subject=code, seen="accepted twice")
            accepted.add(code)
        elif event.kind is EntryKind.CONFLICT:
            yield Finding(invariant="I3", subject=code, seen="a second message at the carrier")
        elif event.kind is EntryKind.STATUS:
            if event.value not in _STATUSES:
                yield Finding(invariant="I18", subject=code, seen="an event of it cannot be read: its status is none")
                continue
            now = MessageStatus(event.value).rank
            if now <= rank.get(code, -1):
                yield Finding(invariant="I11", subject=code, seen=f"its status went down to {event.value}")
            rank[code] = now


def audit_archive(streams: EventStreams, log: EventLog) -> Iterator[Finding]:
    """Yield every stream that does not fit the archive; safe while a recorder works. Raises ArchiveUnavailable."""
    read = log.entries_read()  # before the streams are looked at: they only grow meanwhile
    for partition, state in streams.states().items():
        position, entries = read.get(partition, ("0-0", state.removed))
        if _order(position) > _order(state.newest):
            seen = f"the archive has entry {position}, the stream ends with {state.newest}: the store has lost events"
            yield Finding(invariant="I17", subject=f"stream {partition}", seen=seen)
        elif state.removed > entries:
            seen = f"{state.removed - entries} events were trimmed before they were archived"
            yield Finding(invariant="I17", subject=f"stream {partition}", seen=seen)


def _order(identifier: str) -> tuple[int, int]:
    ms, _, number = identifier.partition("-")
    return int(ms), int(number)
