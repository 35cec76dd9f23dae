"""What an audit finds in a store that was broken by hand, one way at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.messages import MessageIndex
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.invariants import Bounds
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.events import EventStreams
from shortlink.storage.inspection import Inspector
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import IdempotencyKey, MessageStore
from shortlink.storage.sendings import MessageClaim, SendingStore
from shortlink.use_cases.audit_archive import audit_archive, audit_index
from shortlink.use_cases.audit_store import audit_store
from shortlink.use_cases.record_events import RecordDesk, record_events
from tests.factories import MINT, link_start, make_message

Add = Callable[..., Message]
HUMAN = Judgement(verdict=Verdict.HUMAN, rule="t")
BOUNDS = Bounds(message_ms=2 * DAY_MS, callback_ms=3 * DAY_MS, record_ms=120 * DAY_MS)


@pytest.fixture
def desk(client: Store, tmp_path: Any) -> RecordDesk:
    archive = Archive(tmp_path)
    return RecordDesk(streams=EventStreams(client), log=EventLog(archive), index=MessageIndex(archive))


def found(client: Store, bounds: Bounds | None = BOUNDS) -> list[tuple[str, str, str]]:
    return [(one.invariant, one.subject, one.seen) for one in audit_store(Inspector(client), bounds=bounds)]


def now_of(client: Store) -> int:
    return Inspector(client).now()


def elsewhere(code: str) -> str:
    return PARTITIONS[(PARTITIONS.index(partition_of(code)) + 1) % len(PARTITIONS)]


def due(code: str) -> str:
    return keys.due_messages(partition_of(code))


def due_callbacks(code: str) -> str:
    return keys.due_callbacks(partition_of(code))


def claim(sendings: SendingStore, message: Message) -> MessageClaim:
    taken = sendings.claim(message.code, lease_ms=75_000, first_look_ms=1000)
    assert taken is not None
    return taken


@pytest.fixture
def queued(sendings: SendingStore, add: Add) -> Message:
    """A message that the carrier has."""
    message = add()
    claim(sendings, message)
    receipt = DeliveryReceipt(carrier_id="SM" + "a" * 32, status=MessageStatus.QUEUED)
    sendings.advance(message.code, receipt, poll_ms=60_000, report_ms=0)
    return message


@pytest.fixture
def delivered(sendings: SendingStore, queued: Message) -> Message:
    """A message with a final status, whose report is owed."""
    receipt = DeliveryReceipt(carrier_id="SM" + "a" * 32, status=MessageStatus.DELIVERED)
    sendings.advance(queued.code, receipt, poll_ms=1000, report_ms=0)
    return queued


def test_a_store_in_work_has_no_findings(
    client: Store, sendings: SendingStore, add: Add, queued: Message, delivered: Message
) -> None:
    claimed, postponed, tapped = add(), add(), add()
    claim(sendings, claimed)
    taken = claim(sendings, postponed)
    sendings.postpone(
        postponed.code,
        token=taken.token,
        leaving=[MessageStatus.SUBMITTING],
        status=MessageStatus.ACCEPTED,
        wait_ms=60_000,
    )
    LinkStore(client).follow(tapped.code, HUMAN, spends=True, callback_ms=0)
    callbacks = CallbackStore(client)
    assert callbacks.claim(tapped.code, CallbackKind.CLICK, lease_ms=75_000) is not None
    trial = callbacks.claim(delivered.code, CallbackKind.REPORT, lease_ms=75_000)
    assert trial is not None
    attempt = Attempt(at=now_of(client), duration_ms=3, status_code=500)
    callbacks.finish(trial, attempt, state=CallbackState.PENDING, wait_ms=2 * DAY_MS)
    assert found(client) == []


@pytest.mark.parametrize("score", [4_940_000_000_000, "+inf"])
def test_a_message_due_in_another_century_is_not_due(client: Store, add: Add, score: Any) -> None:
    message = add()
    client.zadd(due(message.code), {message.code: score})
    [(invariant, subject, seen)] = found(client)
    assert (invariant, subject) == ("I2", message.code)
    assert "later than any wait" in seen
    assert found(client, bounds=None) == []


def test_a_message_at_the_carrier_is_due_until_somebody_has_looked(client: Store, queued: Message) -> None:
    client.zrem(due(queued.code), queued.code)
    seen = "status QUEUED but not due: nobody would ever ask what became of it"
    assert found(client) == [("I2", queued.code, seen)]
    client.hset(keys.record(queued.code), "w", "7")
    assert found(client) == []


def test_a_callback_due_in_another_century_is_not_due(client: Store, delivered: Message) -> None:
    client.zadd(due_callbacks(delivered.code), {f"{delivered.code}r": now_of(client) + 4 * DAY_MS})
    [(invariant, _, seen)] = found(client)
    assert (invariant, seen) == ("I2", "REPORT callback is due in 4 days, later than any wait of the settings")


def test_a_due_entry_of_no_kind_is_found_and_the_others_are_checked(client: Store, delivered: Message) -> None:
    client.zadd(due_callbacks(delivered.code), {f"{delivered.code}q": 1})
    client.hset(keys.record(delivered.code), "rn", "11")
    assert {(invariant, subject) for invariant, subject, _ in found(client)} == {
        ("I16", f"{delivered.code}q"),
        ("I8", delivered.code),
    }


def test_a_due_entry_in_a_partition_where_nobody_looks_for_it_is_found(client: Store, delivered: Message) -> None:
    code, other = delivered.code, elsewhere(delivered.code)
    client.zadd(keys.due_callbacks(other), {f"{code}r": 1})
    assert found(client) == [("I2", f"{code}r", f"a due entry in partition {other}, where it does not belong")]
    client.zrem(keys.due_callbacks(other), f"{code}r")
    client.zadd(keys.due_messages(other), {code: 1})
    assert found(client) == [("I2", code, f"a due entry in partition {other}, where it does not belong")]


def test_a_callback_that_is_pending_after_a_200_is_found(client: Store, delivered: Message) -> None:
    client.hset(keys.record(delivered.code), mapping={"rn": "1", "r1": "1795301767616 8 200"})
    assert found(client) == [("I9", delivered.code, "REPORT callback is PENDING although try 1 got a 200")]


def test_a_callback_redelivered_after_a_200_is_no_finding(client: Store, delivered: Message) -> None:
    callbacks = CallbackStore(client)
    trial = callbacks.claim(delivered.code, CallbackKind.REPORT, lease_ms=75_000)
    assert trial is not None
    attempt = Attempt(at=now_of(client), duration_ms=3, status_code=200)
    callbacks.finish(trial, attempt, state=CallbackState.DELIVERED)
    callbacks.redeliver(delivered.code, CallbackKind.REPORT, reopening=list(CallbackState))
    assert found(client) == []


def test_a_message_due_before_its_planned_time_is_found(client: Store, queued: Message) -> None:
    client.zadd(due(queued.code), {queued.code: now_of(client)})
    assert found(client) == [("I10", queued.code, "it is due before the time planned for it")]


def test_a_callback_due_before_its_planned_time_is_found(client: Store, delivered: Message) -> None:
    client.hset(keys.record(delivered.code), "ry", str(now_of(client) + 60_000))
    assert found(client) == [("I10", delivered.code, "REPORT callback is due before the time planned for it")]


def test_a_callback_leased_until_another_time_than_it_is_due_is_found(client: Store, delivered: Message) -> None:
    assert CallbackStore(client).claim(delivered.code, CallbackKind.REPORT, lease_ms=75_000) is not None
    client.zincrby(due_callbacks(delivered.code), 10_000, f"{delivered.code}r")
    assert found(client) == [("I10", delivered.code, "REPORT callback is leased until one time, due at another")]


def test_a_record_that_stands_lower_than_its_log_is_found(client: Store, delivered: Message) -> None:
    code = delivered.code
    client.hset(keys.record(code), mapping={"s": "q", "N": "1", "w": "7"})
    client.hdel(keys.record(code), "rs", "rn", "rf")
    client.zrem(due_callbacks(code), f"{code}r")
    assert found(client) == [("I11", code, "status QUEUED, but the log has it DELIVERED")]


def test_another_final_status_than_the_log_has_is_found(client: Store, delivered: Message) -> None:
    client.hset(keys.record(delivered.code), "s", "n")
    assert found(client) == [("I11", delivered.code, "status UNDELIVERED, but the log has it DELIVERED")]


def test_a_first_click_that_only_the_log_knows_is_found(client: Store, add: Add) -> None:
    message = add()
    LinkStore(client).follow(message.code, HUMAN, spends=True, callback_ms=0)
    client.hdel(keys.record(message.code), "H", "h", "k", "cs", "cn", "cf")
    client.zrem(due_callbacks(message.code), f"{message.code}c")
    assert found(client) == [("I6", message.code, "the log has its first click, its record has none")]


def test_two_first_clicks_in_the_log_are_found(client: Store, add: Add) -> None:
    message = add()
    LinkStore(client).follow(message.code, HUMAN, spends=True, callback_ms=0)
    client.xadd(keys.events(partition_of(message.code)), {"e": f"c{message.code} h t"})
    assert [(invariant, subject) for invariant, subject, _ in found(client)] == [("I7", message.code)]


def test_a_message_at_the_carrier_that_nobody_claimed_is_found(client: Store, queued: Message) -> None:
    client.hdel(keys.record(queued.code), "N")
    assert found(client) == [("I4", queued.code, "status QUEUED without a claim")]


def test_an_unsent_message_without_a_number_is_found(client: Store, add: Add) -> None:
    message = add()
    client.hdel(keys.record(message.code), "r")
    seen = "status ACCEPTED without a number, and nobody erased it"
    assert found(client) == [("I18", message.code, seen)]


def test_a_message_whose_number_was_erased_is_no_finding(
    client: Store, erasures: ErasureStore, add: Add, queued: Message
) -> None:
    erasures.erase(queued, person=True)
    erasures.erase(add(), person=True)
    assert found(client) == []


def _forget(client: Store, message: Message) -> None:
    client.delete(keys.record(message.code))
    client.zrem(due(message.code), message.code)


def test_a_message_that_only_its_days_list_names_is_found(client: Store, add: Add) -> None:
    message = add()
    _forget(client, message)
    client.delete(keys.events(partition_of(message.code)))
    expected = [("I1", message.code, "its account's day lists it, its record is not there")]
    assert found(client) == expected
    assert found(client, bounds=None) == expected


def test_a_days_list_that_cannot_be_read_is_found(client: Store, add: Add) -> None:
    message = add()
    [name] = client.scan_iter(match="*d:*")
    assert found(client) == []
    expected = [("I18", name, "a day's list holds what names no message")]
    for entry in ("+818011234567", "", f"0000000{MINT.draw_in(elsewhere(message.code))}"):
        client.rpush(name, entry)
        assert found(client) == expected
        client.rpop(name)


def test_a_message_that_only_the_log_names_is_found(client: Store, add: Add) -> None:
    message = add()
    _forget(client, message)
    for name in client.scan_iter(match="*d:*"):
        client.delete(name)
    assert found(client) == [("I1", message.code, "the log has it accepted, its record is not there")]


def test_a_message_whose_time_is_over_is_no_finding(client: Store, add: Add) -> None:
    message = add()
    _forget(client, message)
    assert found(client, Bounds(message_ms=1, callback_ms=1, record_ms=0)) == []
    for name in client.scan_iter(match="*d:*"):
        client.pexpire(name, DAY_MS)  # so near its end, a list outlives its records
    client.delete(keys.events(partition_of(message.code)))
    assert found(client) == []


def test_an_idempotency_key_of_no_message_is_found(client: Store, messages: MessageStore) -> None:
    digest = hashlib.sha256(b"k").hexdigest()
    partition = partition_of(digest)
    made = make_message(code=MINT.draw_in(partition))
    key = IdempotencyKey(partition=partition, digest=digest, fingerprint="f")
    messages.add(made, link_start=link_start(made), today=0, idempotency=key)
    name = keys.idempotency(partition, digest)
    assert found(client) == []
    client.set(name, f"f {make_message(code=MINT.draw_in(partition)).id}", keepttl=True)
    assert found(client) == [("I5", name, "an idempotency key of a message that is not there")]
    client.set(name, f"f {made.id[:-9]}zzzzzzzzz", keepttl=True)
    assert found(client) == [("I5", name, "an idempotency key of a message that is not there")]
    client.set(name, "f", keepttl=True)
    assert found(client) == [("I5", name, "an idempotency key that holds no message id")]


def test_a_stream_that_was_recorded_and_is_gone_is_found_without_the_archive(
    client: Store, add: Add, desk: RecordDesk
) -> None:
    message = add()
    record_events(desk, wait_ms=1)
    client.delete(keys.events(partition_of(message.code)))
    [(invariant, subject, seen)] = found(client)
    assert (invariant, subject) == ("I17", f"stream {partition_of(message.code)}")
    assert "the store has lost events" in seen
    assert found(client) == [(one.invariant, one.subject, one.seen) for one in audit_archive(desk.streams, desk.log)]


def test_an_emptied_store_is_found_by_what_the_archive_knows(client: Store, add: Add, desk: RecordDesk) -> None:
    linked, plain = add(), add(make_message(tracked=False))
    record_events(desk, wait_ms=1)
    inspector = Inspector(client)
    assert list(audit_index(desk.index, inspector, BOUNDS)) == []
    client.flushall()
    assert found(client) == []  # nothing is left in it that could tell
    streams = {one.subject for one in audit_archive(desk.streams, desk.log)}
    assert streams == {f"stream {partition_of(message.code)}" for message in (linked, plain)}
    lost = {(one.invariant, one.subject) for one in audit_index(desk.index, inspector, BOUNDS)}
    assert lost == {("I1", linked.code), ("I1", plain.code)}
    short = Bounds(message_ms=1, callback_ms=1, record_ms=0)
    assert [one.subject for one in audit_index(desk.index, inspector, short)] == [linked.code], "its link lives"


def test_of_many_lost_messages_some_are_named_and_all_are_counted(
    client: Store, add: Add, desk: RecordDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        add()
    record_events(desk, wait_ms=1)
    client.flushall()
    monkeypatch.setattr("shortlink.use_cases.audit_archive.NAMED", 2)
    monkeypatch.setattr("shortlink.use_cases.audit_archive.PAGE", 1)
    *named, rest = audit_index(desk.index, Inspector(client), BOUNDS)
    assert (len(named), rest.seen) == (2, "1 more messages of the archive have no record")


def test_an_audit_changes_nothing(client: Store, add: Add, delivered: Message) -> None:
    client.zadd(due_callbacks(delivered.code), {f"{delivered.code}q": 1})
    before = client.info("stats")["total_commands_processed"], client.info("persistence")["rdb_changes_since_last_save"]
    assert found(client) != []
    after = client.info("stats")["total_commands_processed"], client.info("persistence")["rdb_changes_since_last_save"]
    assert after[0] > before[0]
    assert after[1] == before[1]
