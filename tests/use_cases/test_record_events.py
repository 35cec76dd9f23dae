"""Recording events: what happens in the store stands in the archive, once, in words, with its figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from shortlink.archive.database import Archive
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.messages import MessageIndex
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import CarrierBusy, CarrierRefused, OutcomeUnknown, Overtaken
from shortlink.domain.event import Event, EventType
from shortlink.domain.inbound import InboundMessage
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.domain.opt_out import Wish
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.events import EventStreams
from shortlink.storage.inspection import Inspector
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.audit_archive import audit_archive
from shortlink.use_cases.record_events import RecordDesk, record_events
from shortlink.use_cases.send_desk import SendDesk
from tests.factories import make_message
from tests.use_cases.conftest import ScriptedCarrier

SID = "SLtestaccount"
Add = Callable[..., Message]
Record = Callable[[], list[Event]]
Type = EventType


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


@pytest.fixture
def record_desk(client: Store, archive: Archive) -> RecordDesk:
    return RecordDesk(streams=EventStreams(client), log=EventLog(archive), index=MessageIndex(archive))


@pytest.fixture
def record(record_desk: RecordDesk) -> Record:
    """Record what is new and give all events of the account."""

    def run() -> list[Event]:
        while record_events(record_desk, wait_ms=1, most=3):
            pass
        return record_desk.log.page(SID, limit=1000).events

    return run


def told(events: list[Event], *names: str) -> list[tuple[object, ...]]:
    return [(event.type, *(event.data.get(name) for name in names)) for event in events]


def tap(links: LinkStore, message: Message, verdict: Verdict = Verdict.HUMAN, *, now: int | None = None) -> None:
    spends = verdict is Verdict.HUMAN
    links.follow(message.code, Judgement(verdict=verdict, rule="a-rule"), spends=spends, callback_ms=0, now=now)


def advance(sendings: SendingStore, message: Message, status: MessageStatus, error: str | None = None) -> None:
    receipt = DeliveryReceipt(carrier_id="SM1", status=status, error=error)
    sendings.advance(message.code, receipt, poll_ms=1000, report_ms=0)


def test_a_message_is_told_from_acceptance_to_delivery(
    add: Add, desk: SendDesk, carrier: ScriptedCarrier, sendings: SendingStore, record: Record
) -> None:
    message = add(make_message(tags=("spring",), segments=2))
    carrier.answers = [DeliveryReceipt(carrier_id="SM1", status=MessageStatus.QUEUED)]
    attend_message(message.code, desk)
    advance(sendings, message, MessageStatus.SENT)
    advance(sendings, message, MessageStatus.DELIVERED)
    events = record()
    assert told(events, "outcome") == [
        (Type.MESSAGE_ACCEPTED, None),
        (Type.MESSAGE_ATTEMPTED, "taken"),
        (Type.MESSAGE_SUBMITTED, None),
        (Type.MESSAGE_SENT, None),
        (Type.MESSAGE_DELIVERED, None),
    ]
    assert {event.message_id for event in events} == {message.id}
    assert {(event.recipient, event.sender, event.tags) for event in events} == {
        (message.recipient, message.sender, ("spring",))
    }
    assert events[0].data == {"segments": 2, "cost": 0.0, "link": "https://shop.test/sale?a=1"}
    assert events[0].at == message.accepted_at


def test_each_try_to_send_is_told_with_what_came_of_it(
    add: Add, desk: SendDesk, carrier: ScriptedCarrier, record: Record
) -> None:
    message = add()
    carrier.answers = [CarrierBusy("slow down", code="20429"), OutcomeUnknown("no answer")]
    attend_message(message.code, desk)
    attend_message(message.code, desk)
    for _ in range(3):  # looked for, and not found
        attend_message(message.code, desk)
    carrier.answers = [CarrierRefused("no such number", code="21211")]
    attend_message(message.code, desk)
    events = record()
    assert told(events, "outcome", "error") == [
        (Type.MESSAGE_ACCEPTED, None, None),
        (Type.MESSAGE_ATTEMPTED, "busy", "20429"),
        (Type.MESSAGE_ATTEMPTED, "unknown", "no-answer"),
        (Type.MESSAGE_ATTEMPTED, "not-found", "not-found-at-carrier"),
        (Type.MESSAGE_ATTEMPTED, "refused", "21211"),
        (Type.MESSAGE_FAILED, None, "21211"),
    ]


def test_every_hit_is_told_with_verdict_and_rule(add: Add, links: LinkStore, record: Record) -> None:
    message = add()
    tap(links, message, Verdict.PREVIEW)
    tap(links, message)
    tap(links, message)
    assert told(record(), "verdict", "rule", "first")[1:] == [
        (Type.LINK_PREVIEWED, "preview", "a-rule", None),
        (Type.LINK_CLICKED, "human", "a-rule", True),
        (Type.LINK_CLICKED, "human", "a-rule", False),
    ]


def test_a_hit_that_waited_in_a_spool_has_its_own_time(add: Add, links: LinkStore, record: Record) -> None:
    message = add()
    tap(links, message, now=message.accepted_at + 5)
    assert record()[-1].at == message.accepted_at + 5


@pytest.mark.parametrize("was_told", [False, True])
def test_first_click_is_the_stores_also_where_one_of_a_spool_took_its_place(
    add: Add, links: LinkStore, messages: MessageStore, client: Store, record: Record, archive: Archive, was_told: bool
) -> None:
    message = add(make_message(click_url="http://127.0.0.1:9/click"))
    judgement, begun = Judgement(verdict=Verdict.HUMAN, rule="browser"), message.accepted_at
    tap(links, message, now=begun + 50)
    if was_told:
        assert CallbackStore(client).claim(message.code, CallbackKind.CLICK, lease_ms=1000, now=begun + 55)
    for at in (60, 20, 40):
        links.keep_answered(message.code, judgement, spends=True, callback_ms=0, at=begun + at)
    clicks = told(record()[-3:], "rule", "first", "became_first")
    assert clicks == [(Type.LINK_CLICKED, "browser", False, took) for took in (None, None if was_told else True, None)]
    row, link = MessageIndex(archive).get(SID, message.id), messages.get(message.id).link
    assert row is not None
    assert link is not None
    assert row.first_click_at == link.first_click_at == begun + (50 if was_told else 20)


def test_every_try_of_a_callback_is_told(add: Add, links: LinkStore, client: Store, record: Record) -> None:
    message, callbacks = add(), CallbackStore(client)
    tap(links, message)
    for attempt, state in (
        (Attempt(at=5, duration_ms=30, status_code=500), CallbackState.PENDING),
        (Attempt(at=6, duration_ms=40, error="timeout"), CallbackState.PENDING),
        (Attempt(at=7, duration_ms=50, status_code=200), CallbackState.DELIVERED),
    ):
        claim = callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=1000)
        assert claim is not None
        callbacks.finish(claim, attempt, state=state, wait_ms=0)
    assert [event.data for event in record()[2:]] == [
        {
            "kind": "click",
            "callback_id": f"{message.id}-click",
            "number": number,
            "state": state,
            "duration_ms": 20 + 10 * number,
            **outcome,
        }
        for number, state, outcome in (
            (1, "pending", {"status_code": 500}),
            (2, "pending", {"error": "timeout"}),
            (3, "delivered", {"status_code": 200}),
        )
    ]


def test_what_people_answer_is_told(client: Store, opt_outs: OptOutStore, record: Record) -> None:
    for number, (text, wish) in enumerate((("STOP", Wish.STOP), ("START", Wish.START))):
        opt_outs.take(
            InboundMessage(carrier_id=f"SM{number}", sender="+818011234567", recipient="12345", text=text, wish=wish),
            SID,
        )
    events = record()
    assert told(events, "text", "keyword", "reason") == [
        (Type.MESSAGE_RECEIVED, "STOP", "stop", None),
        (Type.RECIPIENT_UNSUBSCRIBED, None, None, "word"),
        (Type.MESSAGE_RECEIVED, "START", "start", None),
        (Type.RECIPIENT_RESUBSCRIBED, None, None, "word"),
    ]
    assert {(event.recipient, event.sender) for event in events} == {("+818011234567", "12345")}


def test_a_link_that_is_switched_is_told_with_the_door_it_came_through(
    add: Add, links: LinkStore, record: Record, record_desk: RecordDesk
) -> None:
    message = add()
    links.switch(message.code, on=False, by="dashboard")
    links.switch(message.code, on=True, by="cli")
    events = record()
    assert told(events, "by", "link")[1:] == [
        (Type.LINK_DISABLED, "dashboard", "https://shop.test/sale?a=1"),
        (Type.LINK_ENABLED, "cli", "https://shop.test/sale?a=1"),
    ]
    assert {event.message_id for event in events} == {message.id}


def test_a_link_expires_once(add: Add, record_desk: RecordDesk, record: Record, archive: Archive) -> None:
    message = add()
    record()
    with archive.writing() as connection:
        connection.execute("UPDATE messages SET expires_at = 1000")
    events = record()
    assert told(events)[1:] == [(Type.LINK_EXPIRED,)]
    assert (events[-1].at, events[-1].message_id) == (1000, message.id)
    assert len(record()) == 2
    assert EventDays(archive).days(SID) == [message.accepted_at // DAY_MS]


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


def test_an_archive_that_fits_its_streams_has_no_findings(
    add: Add, record_desk: RecordDesk, record: Record, store: redis.Redis
) -> None:
    add()
    trimmed = add()
    stream = keys.events(partition_of(trimmed.code))
    store.xtrim(stream, maxlen=0, approximate=False)  # before there was an archive
    record()
    add()
    record()
    for letter in "abcdefghijklmnop":
        store.xtrim(keys.events(letter), maxlen=0, approximate=False)
    assert list(audit_archive(record_desk.streams, record_desk.log)) == []


def test_what_was_trimmed_too_early_is_found(
    add: Add, record_desk: RecordDesk, record: Record, links: LinkStore, store: redis.Redis
) -> None:
    message = add()
    record()
    tap(links, message)
    tap(links, message)
    store.xtrim(keys.events(partition_of(message.code)), maxlen=1, approximate=False)
    [finding] = audit_archive(record_desk.streams, record_desk.log)
    assert (finding.invariant, finding.seen) == ("I17", "1 events were trimmed before they were archived")


def test_a_store_that_lost_what_is_archived_is_found(
    add: Add, record_desk: RecordDesk, record: Record, store: redis.Redis
) -> None:
    message = add()
    record()
    stream = keys.events(partition_of(message.code))
    store.delete(stream)
    store.xadd(stream, {"e": "aCODE"}, id="5-0")
    [finding] = audit_archive(record_desk.streams, record_desk.log)
    assert "the store has lost events" in finding.seen


def test_events_of_one_reading_stand_in_order_of_time(add: Add, record_desk: RecordDesk) -> None:
    for _ in range(30):  # over all partitions
        add()
    record_events(record_desk, wait_ms=1)
    times = [event.at for event in record_desk.log.page(SID).events]
    assert len(times) == 30
    assert times == sorted(times)


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
