"""Record events: copy what is new in the streams into the archive, each entry once."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shortlink.archive.events import EventLog
from shortlink.archive.messages import MessageIndex, Row
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, MetMessage
from shortlink.domain.message import MessageStatus
from shortlink.storage.event_entry import Entry, EntryKind
from shortlink.storage.events import EventStreams, Inbound, Reading
from shortlink.use_cases.tell_events import Known, tell_events

log = logging.getLogger(__name__)
# Entries of a partition at once: 1,600 in all. With 4,000 it would be 9,400 a second instead of 7,900, for 10 MB more.
MOST = 100
EXPIRED_AT_ONCE = 1000
LATE_MS = 60_000  # other processes file events, too, by their own clocks
_ABOUT_PEOPLE = frozenset({EntryKind.RECEIVED, EntryKind.UNSUBSCRIBED, EntryKind.RESUBSCRIBED})


@dataclass(slots=True, kw_only=True)
class RecordDesk:
    """What recording needs; remembers how far it has come, which the archive knows for sure."""

    streams: EventStreams
    log: EventLog
    index: MessageIndex
    positions: dict[str, str] | None = field(default=None)
    complete: int = -1
    removed: dict[str, int] = field(default_factory=dict)  # from streams' beginnings, before anybody recorded them


def record_events(desk: RecordDesk, *, wait_ms: int, most: int = MOST) -> int:
    """Copy the next entries, waiting up to `wait_ms` for the first; says how many it were.

    A kill at any moment does no harm: the archive keeps events and positions together. Raises StoreUnavailable,
    ArchiveUnavailable, and Overtaken when somebody else writes the archive; afterwards it may be called again.
    """
    if desk.positions is None:
        desk.log.open()
        desk.positions = desk.log.positions()
        desk.streams.note_archived(desk.positions)
        states = desk.streams.states()
        desk.removed = {letter: state.removed for letter, state in states.items() if letter not in desk.positions}
    try:
        desk.log.check_in_place()  # also while nothing happens: who asks for the archive finds none
        reading = desk.streams.read(desk.positions, most=most, wait_ms=wait_ms)
        _keep(desk, reading)
    except BaseException:
        desk.positions = None  # whatever came of it: the archive is asked again
        raise
    desk.positions |= reading.positions
    for letter in reading.positions:
        desk.removed.pop(letter, None)
    desk.streams.note_archived(reading.positions)
    return len(reading.entries)


def _keep(desk: RecordDesk, reading: Reading) -> None:
    complete = (reading.started_at - LATE_MS) // DAY_MS - 1
    news = complete if reading.to_the_end and complete > desk.complete else None
    expired = desk.index.to_expire(reading.started_at, most=EXPIRED_AT_ONCE)
    if not reading.positions and not expired and news is None:
        return
    known, met = _know(desk, reading.entries)
    inbound = desk.streams.inbound(_subjects(reading.entries, about_people=True))
    events: list[Event] = []
    erased: list[str] = []
    for entry in reading.entries:
        if entry.kind is EntryKind.ERASED and entry.subject in known:
            erased.append(known[entry.subject].recipient)
        events += _tell(entry, known, inbound)
    events += expired
    counts = {letter: count + desk.removed.get(letter, 0) for letter, count in reading.counts.items()}
    desk.log.append(events, reading.positions, met=met, counts=counts, erased=erased, complete=news)
    desk.complete = max(desk.complete, news if news is not None else -1)


def _tell(entry: Entry, known: Mapping[str, Known], inbound: Mapping[str, Inbound]) -> list[Event]:
    """Tell one entry; one that cannot be told is left out, or it would stop all that follow."""
    try:
        return list(tell_events(entry, known, inbound))
    except (ValueError, KeyError, IndexError):
        log.exception("entry %s of stream %s cannot be told and is left out", entry.id, entry.partition)
        return []


def _know(desk: RecordDesk, entries: Sequence[Entry]) -> tuple[dict[str, Known], list[MetMessage]]:
    """Collect what is known of the entries' messages: from the archive, else from their records."""
    codes = _subjects(entries, about_people=False)
    rows: Mapping[str, Row] = desk.index.known(codes) if codes else {}
    new = {entry.subject for entry in entries if entry.kind is EntryKind.ACCEPTED}
    records = desk.streams.messages([code for code in codes if code not in rows or code in new])
    known = {code: _known(row, row.id, row.status) for code, row in rows.items()}
    met: list[MetMessage] = []
    for code, message in records.items():
        if code not in rows or rows[code].id != message.message_id:
            # Its first entry is at hand: what came of it since will be told by the next ones.
            begun = MessageStatus.ACCEPTED if code in new else MessageStatus(message.status)
            known[code] = _known(message, message.message_id, begun)
            met.append(_with_status(message, begun))
    return known, met


def _subjects(entries: Sequence[Entry], *, about_people: bool) -> Collection[str]:
    return list(dict.fromkeys(one.subject for one in entries if (one.kind in _ABOUT_PEOPLE) is about_people))


def _known(one: Row | MetMessage, message_id: str, status: MessageStatus) -> Known:
    return Known(
        message_id=message_id,
        account=one.account,
        recipient=one.recipient,
        sender=one.sender,
        tags=one.tags,
        status=status,
        segments=one.segments,
        cost=one.cost,
        link=one.link,
    )


def _with_status(message: MetMessage, status: MessageStatus) -> MetMessage:
    return replace(message, status=status.value)
