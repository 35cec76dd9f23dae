"""A record that cannot be read keeps nobody from the others, and somebody hears of it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import RecordUnreadable, StoreUnavailable
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.day_lists import DayLists
from shortlink.storage.events import EventStreams
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import MessageStore
from shortlink.storage.unreadable_records import UnreadableRecords
from shortlink.use_cases.find_unreadable import find_unreadable
from tests.clock import Clock

NOW = 1_790_000_000_000
TODAY = NOW // DAY_MS
Add = Callable[..., Message]
Damage = Callable[[Store, str], object]


def _replace(client: Store, name: str) -> None:
    client.set(name, "no hash")


DAMAGES: dict[str, Damage] = {
    "a field is missing": lambda client, name: client.hdel(name, "A"),
    "its id is missing": lambda client, name: client.hdel(name, "i"),
    "a time is garbled": lambda client, name: client.hset(name, "A", "yesterday"),
    "a status is garbled": lambda client, name: client.hset(name, "s", "?"),
    "a time is beyond all": lambda client, name: client.hset(name, "A", "9" * 30),
    "its end is beyond all": lambda client, name: client.hset(name, mapping={"u": "x", "x": "9" * 30}),
    "it has too many segments": lambda client, name: client.hset(name, "n", "9" * 30),
    "its cost is no number": lambda client, name: client.hset(name, "c", "nan"),
    "its cost has no end": lambda client, name: client.hset(name, "c", "1e999"),
    "a field is no text": lambda client, name: client.hset(name, "s", b"\xff\xfe"),
    "it is no hash": _replace,
}


@pytest.fixture(params=list(DAMAGES.values()), ids=list(DAMAGES))
def damaged(request: pytest.FixtureRequest, client: Store, add: Add) -> Message:
    """One of three messages; its record was damaged by hand."""
    messages = [add(now=NOW + n) for n in range(3)]
    request.param(client, keys.record(messages[1].code))
    return messages[1]


def test_a_damaged_record_keeps_nobody_from_the_others_of_its_day(day_lists: DayLists, damaged: Message) -> None:
    listed = day_lists.newest(damaged.account, TODAY, most=10)
    assert [isinstance(one, RecordUnreadable) for one in listed] == [False, True, False]
    walked = list(day_lists.walk(damaged.account, TODAY))
    assert len(walked) == 2
    assert damaged.code not in {one.code for one in walked}


def test_a_damaged_record_keeps_the_recorder_from_no_other(client: Store, damaged: Message) -> None:
    codes = [entry.subject for entry in EventStreams(client).read({}, most=10, wait_ms=1).entries]
    assert len(codes) == 3
    assert set(EventStreams(client).messages(codes)) == set(codes) - {damaged.code}


def test_a_damaged_record_is_told_with_its_key_and_once(
    day_lists: DayLists, damaged: Message, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            day_lists.newest(damaged.account, TODAY, most=10)
    [told] = caplog.messages
    assert keys.record(damaged.code) in told
    assert damaged.recipient.strip("+") not in told
    assert caplog.records[0].exc_info is None


def test_many_damaged_records_make_one_line_a_minute_and_are_all_noted(
    client: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    noted = UnreadableRecords(client, clock=clock)
    met = [RecordUnreadable(code, "it is no hash") for code in ("abcdefghj", "bcdefghjk")]
    for error in met * 2:
        noted.note(error)
    assert [met[0].code in line for line in caplog.messages] == [True]
    assert sorted(noted.noted()) == [error.code for error in met]
    clock.now += 60
    for error in met:
        noted.note(error)
    assert [met[1].code in line for line in caplog.messages] == [False, True]


def test_a_damaged_record_is_told_also_by_a_store_that_is_full(
    client: Store, day_lists: DayLists, damaged: Message, caplog: pytest.LogCaptureFixture
) -> None:
    client.config_set("maxmemory", "1mb")
    try:
        assert len(day_lists.newest(damaged.account, TODAY, most=10)) == 3
    finally:
        client.config_set("maxmemory", "0")
    assert keys.record(damaged.code) in caplog.text


def test_trouble_of_the_store_is_no_damage_of_the_records(client: Store, add: Add) -> None:
    codes = [add().code, add().code]
    client.config_set("replica-serve-stale-data", "no")
    client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(StoreUnavailable, match="changes its role"):
            EventStreams(client).messages(codes)
    finally:
        client.replicaof("NO", "ONE")
        client.config_set("replica-serve-stale-data", "yes")
    assert client.unreadable.noted() == []


def test_a_damaged_record_that_was_met_is_found_until_it_is_mended(
    client: Store, day_lists: DayLists, damaged: Message
) -> None:
    noted, inspector = client.unreadable, Inspector(client)
    assert find_unreadable(noted, inspector) == []
    day_lists.newest(damaged.account, TODAY, most=10)
    assert find_unreadable(noted, inspector) == [damaged.code]
    assert client.ttl(keys.UNREADABLE) > 0
    client.delete(keys.record(damaged.code))
    assert find_unreadable(noted, inspector) == []


def test_the_audit_looks_at_all_records_beside_a_damaged_one(client: Store, damaged: Message) -> None:
    inspector = Inspector(client)
    seen = inspector.look_at(list(inspector.codes()))
    assert sorted(one.unreadable is None for one in seen) == [False, True, True]
    assert inspector.look(damaged.code).unreadable


@pytest.mark.parametrize("value", ["no hash", b"\xff"])
def test_the_audit_says_of_what_is_no_hash_that_it_is_none(client: Store, add: Add, value: str | bytes) -> None:
    message = add()
    client.set(keys.record(message.code), value)
    assert Inspector(client).look(message.code).unreadable == "it is no hash"


def test_one_message_that_is_damaged_is_told_as_damaged(messages: MessageStore, damaged: Message) -> None:
    with pytest.raises(RecordUnreadable, match=f"record of {damaged.code} cannot be read"):
        messages.get(damaged.id)


def test_how_late_sending_is_can_be_told_beside_a_damaged_record(ledger: Ledger, damaged: Message) -> None:
    first = ledger.first_due_at(Due.MESSAGES)
    assert first is None or first >= NOW


def test_a_count_of_tries_that_is_damaged_costs_no_time(client: Store, callbacks: CallbackStore, add: Add) -> None:
    message = add()
    client.hset(
        keys.record(message.code),
        mapping={"rs": "d", "rf": "d", "rn": "9" * 14, "R": "https://shop.test/", "r2": "1790000000000 8 200"},
    )
    [callback] = callbacks.list_of(message)
    assert [attempt.number for attempt in callback.attempts] == [2]


def test_no_more_damaged_records_are_remembered_than_a_scrape_may_look_at(client: Store) -> None:
    for number in range(120):
        client.unreadable.note(RecordUnreadable(f"code{number:05}", "it is no hash"))
    noted = client.unreadable.noted()
    assert (len(noted), noted[0]) == (100, "code00119")
