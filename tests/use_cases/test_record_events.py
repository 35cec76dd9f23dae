"""Recording events: what happens in the store stands in the archive once, in order, with its figures."""

from __future__ import annotations

import pytest
import redis

from shortlink.archive.database import Archive
from shortlink.archive.event_days import EventDays
from shortlink.archive.figures import Figures
from shortlink.domain.click import Verdict
from shortlink.domain.code import partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import Overtaken
from shortlink.domain.message import MessageStatus
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.links import LinkStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.audit_archive import audit_archive
from shortlink.use_cases.record_events import RecordDesk, record_events
from tests.factories import make_message
from tests.use_cases.recording import SID, Add, Record, Type, advance, tap, told


def test_a_record_that_is_gone_is_no_error(add: Add, sendings: SendingStore, client: Store, record: Record) -> None:
    gone, there = add(), add()
    advance(sendings, gone, MessageStatus.DELIVERED)
    client.delete(keys.record(gone.code))
    assert [event.message_id for event in record()] == [there.id]


def test_events_of_a_known_message_need_no_record(add: Add, links: LinkStore, client: Store, record: Record) -> None:
    message = add()
    record()
    tap(links, message)
    client.delete(keys.record(message.code))
    assert [event.message_id for event in record()] == [message.id, message.id]


def test_an_older_message_is_met_as_it_stands(
    add: Add, sendings: SendingStore, links: LinkStore, store: redis.Redis, record_desk: RecordDesk, record: Record
) -> None:
    """The archive was switched on when its first entries were trimmed already."""
    message = add()
    advance(sendings, message, MessageStatus.DELIVERED)
    store.delete(keys.events(partition_of(message.code)))
    tap(links, message)
    assert told(record()) == [(Type.LINK_CLICKED,)]
    row = record_desk.index.get(SID, message.id)
    assert row is not None
    assert (row.status, row.clicks, row.recipient) == (MessageStatus.DELIVERED, 1, message.recipient)


def test_an_erased_recipient_is_forgotten(
    add: Add, erasures: ErasureStore, record_desk: RecordDesk, record: Record
) -> None:
    first, second = add(), add()
    record()
    erasures.erase(first, person=True)
    events = record()
    assert told(events, "error")[2:] == [(Type.MESSAGE_FAILED, "erased")]
    assert {event.recipient for event in events} == {""}, "also of the other message to the number"
    assert record_desk.index.search(SID, number=first.recipient) == []
    assert record_desk.index.get(SID, second.id) is not None


def test_nothing_is_recorded_twice_by_two_that_both_write(add: Add, record_desk: RecordDesk, record: Record) -> None:
    other = RecordDesk(streams=record_desk.streams, log=record_desk.log, index=record_desk.index)
    add()
    record_events(other, wait_ms=1000)
    other.positions = {}
    with pytest.raises(Overtaken):
        record_events(other, wait_ms=1000)
    message = add()
    assert [event.message_id for event in record()][-1] == message.id
    assert len(record()) == 2


def test_the_figures_are_those_of_the_events(
    add: Add, links: LinkStore, sendings: SendingStore, record: Record, archive: Archive
) -> None:
    one, two = add(make_message(tags=("a",))), add()
    advance(sendings, one, MessageStatus.DELIVERED)
    advance(sendings, two, MessageStatus.UNDELIVERED, "30003")
    tap(links, one)
    tap(links, one)
    tap(links, two, Verdict.SCANNER)
    record()
    totals = Figures(archive).totals(SID, since=0, until=one.accepted_at + DAY_MS)
    assert (totals.accepted, totals.attempts, totals.submitted, totals.delivered, totals.failed) == (2, 2, 2, 1, 1)
    assert (totals.clicked, totals.clicks, totals.scanners) == (1, 2, 1)


def test_what_is_archived_is_told_to_the_store(
    add: Add, client: Store, record_desk: RecordDesk, record: Record
) -> None:
    add()
    record()
    assert client.hgetall(keys.ARCHIVED) == record_desk.log.positions() != {}


def test_a_day_is_complete_when_its_streams_were_read_to_the_end(add: Add, archive: Archive, record: Record) -> None:
    day = add().accepted_at // DAY_MS
    record()
    days = EventDays(archive)
    assert days.is_complete(day - 2)
    assert not days.is_complete(day)


def test_events_of_one_reading_stand_in_order_of_time(add: Add, record_desk: RecordDesk) -> None:
    for _ in range(30):  # over all partitions
        add()
    record_events(record_desk, wait_ms=1)
    times = [event.at for event in record_desk.log.page(SID).events]
    assert len(times) == 30
    assert times == sorted(times)


def test_entries_of_a_later_version_are_told_of_once_and_keep_no_other_from_the_archive(
    client: Store, add: Add, record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    add()
    stream = keys.events("a")
    for _ in range(2):  # with the one below as many as are read at once: a round that finds no event is the last here
        client.xadd(stream, {"e": "Z7gbpv6YAK shared"})
    client.xadd(stream, {"k": "of an older one"})
    add()
    assert [event.type for event in record()] == [Type.MESSAGE_ACCEPTED] * 2
    (line,) = [line for line in caplog.messages if "later version" in line]
    assert "entries of kind Z" in line
    assert stream in line


def test_an_entry_that_cannot_be_told_stops_nothing(
    add: Add, record: Record, store: redis.Redis, links: LinkStore, caplog: pytest.LogCaptureFixture
) -> None:
    message = add()
    far = "9" * 30
    hits = (f"c{{}} h rule {far}", f"l{{}} h rule {far}", f"h{{}} p rule {far}", f"p{{}} cd {far} 1 1 200")
    tries = (f"p{{}} cd 1 1 {far} 200", f"p{{}} cd 1 1 1 {far}")
    for broken in ("s{} ?", "p{} cz 1 1 1 200", "p{} c", "h{} ?", "e{} ?", "s{}", *hits, *tries):
        store.xadd(keys.events(partition_of(message.code)), {"e": broken.format(message.code)})
    tap(links, message)
    assert told(record()) == [(Type.MESSAGE_ACCEPTED,), (Type.LINK_CLICKED,)]
    assert "cannot be told and is left out" in caplog.text


def test_an_entry_whose_own_time_is_beyond_all_is_told_and_left_out(
    add: Add, record: Record, store: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    message = add()
    store.xadd(keys.events(partition_of(message.code)), {"e": f"c{message.code} h rule"}, id=f"{2**64 - 1}-1")
    assert told(record()) == [(Type.MESSAGE_ACCEPTED,)]
    assert f"entry {2**64 - 1}-1 of stream" in caplog.text


def test_an_entry_that_is_no_text_is_told_and_left_out(
    client: Store,
    add: Add,
    links: LinkStore,
    record: Record,
    record_desk: RecordDesk,
    caplog: pytest.LogCaptureFixture,
) -> None:
    message, other = add(), add()
    stream = keys.events(partition_of(message.code))
    broken: object = client.xadd(stream, {"e": b"c" + message.code.encode() + b" h \xff"})
    tap(links, message)
    tap(links, other)
    events = record()
    assert sorted(told(events)) == sorted([(Type.MESSAGE_ACCEPTED,), (Type.LINK_CLICKED,)] * 2)
    assert f"entry {broken} of stream {stream} is no text and is left out" in caplog.text
    assert list(audit_archive(record_desk.streams, record_desk.log)) == []
    kept = [entry.kind for entry in Inspector(client).events(partition_of(message.code))]
    assert EntryKind.FIRST_CLICK in kept


def test_a_damaged_record_keeps_no_other_message_from_being_recorded(
    client: Store, add: Add, links: LinkStore, record: Record
) -> None:
    damaged, well = add(), add()
    client.hset(keys.record(damaged.code), "A", "yesterday")
    tap(links, well)
    events = record()
    assert {event.message_id for event in events} == {well.id}
    assert {event.type for event in events} == {Type.MESSAGE_ACCEPTED, Type.LINK_CLICKED}
