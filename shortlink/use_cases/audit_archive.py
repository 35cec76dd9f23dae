"""Audit the archive against the store that it was filled from."""

from __future__ import annotations

from collections.abc import Iterator

from shortlink.archive.events import EventLog
from shortlink.archive.messages import MessageIndex
from shortlink.domain.invariants import Bounds, Finding
from shortlink.storage.events import EventStreams, entry_order
from shortlink.storage.inspection import Inspector
from shortlink.use_cases.audit_log import END_MS, lost_stream

PAGE = 500
NAMED = 100  # of what is missing, so many are named, the others counted


def audit_archive(streams: EventStreams, log: EventLog) -> Iterator[Finding]:
    """Yield every stream that does not fit the archive; safe while a recorder works. Raises ArchiveUnavailable."""
    read = log.entries_read()  # before the streams are looked at: they only grow meanwhile
    states = streams.states()
    for partition in sorted(read.keys() - states.keys()):
        yield lost_stream(partition, read[partition][0])
    for partition, state in states.items():
        position, entries = read.get(partition, ("0-0", state.removed))
        if entry_order(position) > entry_order(state.newest):
            seen = f"the archive has entry {position}, the stream ends with {state.newest}: the store has lost events"
            yield Finding(invariant="I17", subject=f"stream {partition}", seen=seen)
        elif state.removed > entries:
            seen = f"{state.removed - entries} events were trimmed before they were archived"
            yield Finding(invariant="I17", subject=f"stream {partition}", seen=seen)


def audit_index(index: MessageIndex, inspector: Inspector, bounds: Bounds) -> Iterator[Finding]:
    """Yield the messages that the archive knows and whose records must still be there, but are not.

    Safe while everything works: the archive learns of a message after the store. Raises ArchiveUnavailable.
    """
    now, missing = inspector.now(), 0
    for codes in index.walk_lasting(now + END_MS, accepted_after=now + END_MS - bounds.record_ms, page=PAGE):
        there = inspector.gists(codes)
        for code in codes:
            if code not in there:
                missing += 1
                if missing <= NAMED:
                    seen = "the archive has it accepted, its record is not there"
                    yield Finding(invariant="I1", subject=code, seen=seen)
    if missing > NAMED:
        seen = f"{missing - NAMED:,} more messages of the archive have no record"
        yield Finding(invariant="I1", subject="the archive", seen=seen)
