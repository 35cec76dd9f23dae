"""A claim of a record that cannot be read is told and uses nothing up: the work is due until the record is mended."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis.exceptions import ResponseError

from shortlink.domain.callback import CallbackKind
from shortlink.domain.code import partition_of
from shortlink.domain.errors import RecordUnreadable
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.inspection import Inspector
from shortlink.storage.scripts import Script
from shortlink.storage.sendings import SendingStore, Work
from shortlink.storage.unreadable_claims import unclaiming_unreadable
from shortlink.use_cases.find_unreadable import find_unreadable

NOW = 1_790_000_000_000
Add = Callable[..., Message]
Damage = Callable[[Store, str], object]
LONG_MS = 600_000
NO_TEXT = b"\xff\xfe"
UNCLAIMABLE: dict[str, Damage] = {
    "a text is none": lambda client, name: client.hset(name, "f", NO_TEXT),
    "a status is no text": lambda client, name: client.hset(name, "s", NO_TEXT),
    "it is no hash": lambda client, name: client.set(name, "no hash"),
}
CALLBACK_DAMAGES: dict[str, Damage] = {
    "its sender is no text": lambda client, name: client.hset(name, "f", NO_TEXT),
    "its sender is missing": lambda client, name: client.hdel(name, "f"),
    "its address is missing": lambda client, name: client.hdel(name, "R"),
    "its status then is garbled": lambda client, name: client.hset(name, "rf", "?"),
}


def is_taken_back(error: Exception, *, lease_ms: int) -> bool:
    asked: list[str] = []
    with pytest.raises(type(error)), unclaiming_unreadable(lambda: asked.append("unclaim"), lease_ms=lease_ms):
        raise error
    return bool(asked)


def test_a_claim_is_taken_back_where_a_field_or_a_text_of_its_record_cannot_be_read() -> None:
    assert is_taken_back(RecordUnreadable("abcdefghj", "a field is missing"), lease_ms=LONG_MS)
    assert is_taken_back(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no text"), lease_ms=LONG_MS)


def test_a_claim_whose_lease_may_have_passed_to_another_is_left_alone() -> None:
    assert not is_taken_back(RecordUnreadable("abcdefghj", "a field is missing"), lease_ms=0)


def test_a_claim_that_failed_for_another_reason_is_left_alone() -> None:
    assert not is_taken_back(ConnectionError("the store is away"), lease_ms=LONG_MS)


def test_a_damaged_message_that_is_due_is_told_and_kept(
    client: Store, sendings: SendingStore, add: Add, caplog: pytest.LogCaptureFixture
) -> None:
    message = add()
    client.hdel(keys.record(message.code), "f")
    with pytest.raises(RecordUnreadable, match="field 'f' is missing"):
        sendings.claim(message.code, lease_ms=1000, first_look_ms=1000)
    assert keys.record(message.code) in caplog.text
    assert find_unreadable(client.unreadable, Inspector(client)) == [message.code]


def test_a_damaged_callback_that_is_due_is_told(client: Store, callbacks: CallbackStore, add: Add) -> None:
    message = add()
    client.hset(keys.record(message.code), mapping={"rs": "p", "rf": "?", "rn": "0"})
    with pytest.raises(RecordUnreadable):
        callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000)
    assert client.unreadable.noted() == [message.code]


@pytest.mark.parametrize("status", [None, "?", ""])
def test_a_message_whose_status_is_damaged_is_due_until_it_is_mended(
    client: Store, sendings: SendingStore, add: Add, status: str | None
) -> None:
    message = add()
    name, due = keys.record(message.code), keys.due_messages(partition_of(message.code))
    right = client.hget(name, "s")
    client.hdel(name, "s") if status is None else client.hset(name, "s", status)
    with pytest.raises(RecordUnreadable):
        sendings.claim(message.code, lease_ms=1000, first_look_ms=1, now=NOW)
    assert client.zscore(due, message.code) == NOW + 1000
    client.hset(name, "s", right)
    assert sendings.claim(message.code, lease_ms=1000, first_look_ms=1000, now=NOW + 1000) is not None


@pytest.mark.parametrize("state", [None, "?"])
def test_a_callback_whose_state_is_damaged_is_due_until_it_is_mended(
    client: Store, callbacks: CallbackStore, add: Add, state: str | None
) -> None:
    message = add()
    name, due = keys.record(message.code), keys.due_callbacks(partition_of(message.code))
    client.hset(name, mapping={"rs": "p", "rf": "d", "rn": "0", "R": "https://shop.test/"})
    client.zadd(due, {f"{message.code}r": NOW})
    client.hdel(name, "rs") if state is None else client.hset(name, "rs", state)
    with pytest.raises(RecordUnreadable):
        callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW)
    assert client.zscore(due, f"{message.code}r") == NOW + 1000
    client.hset(name, "rs", "p")
    assert callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW + 1000) is not None


@pytest.mark.parametrize("damage", UNCLAIMABLE.values(), ids=UNCLAIMABLE)
def test_a_due_message_that_no_script_can_read_is_noted_and_stays_due(
    client: Store, sendings: SendingStore, add: Add, caplog: pytest.LogCaptureFixture, damage: Damage
) -> None:
    message = add()
    name, due = keys.record(message.code), keys.due_messages(partition_of(message.code))
    damage(client, name)
    for turn in range(5):
        with pytest.raises(RecordUnreadable):
            sendings.claim(message.code, lease_ms=1000, first_look_ms=1000, now=NOW + turn * 5000)
    assert client.zscore(due, message.code) is not None
    assert [name in told for told in caplog.messages] == [True]
    assert client.unreadable.noted() == [message.code]


@pytest.mark.parametrize("sender", [NO_TEXT, None])
def test_a_message_that_could_not_be_read_is_sent_once_it_is_mended(
    client: Store, sendings: SendingStore, add: Add, sender: bytes | None
) -> None:
    message = add()
    name = keys.record(message.code)
    client.hdel(name, "f") if sender is None else client.hset(name, "f", sender)
    for turn in range(3):
        with pytest.raises(RecordUnreadable):
            sendings.claim(message.code, lease_ms=1000, first_look_ms=1000, now=NOW + turn * 5000)
    client.hset(name, "f", message.sender)
    assert sendings.claim(message.code, lease_ms=1000, first_look_ms=1000, now=NOW + 10_999) is None
    claim = sendings.claim(message.code, lease_ms=1000, first_look_ms=1000, now=NOW + 11_000)
    assert claim is not None
    assert claim.work is Work.SUBMIT


def test_a_message_that_is_looked_for_and_cannot_be_read_is_looked_for_once_it_is_mended(
    client: Store, sendings: SendingStore, add: Add
) -> None:
    message = add()
    name = keys.record(message.code)
    client.hset(name, mapping={"s": "k", "f": NO_TEXT})
    with pytest.raises(RecordUnreadable):
        sendings.claim(message.code, lease_ms=1000, first_look_ms=1000, now=NOW)
    client.hset(name, "f", message.sender)
    claim = sendings.claim(message.code, lease_ms=1000, first_look_ms=1000, now=NOW + 1000)
    assert claim is not None
    assert claim.work is Work.RECONCILE


def test_a_fault_of_a_script_is_no_damage_of_a_record(client: Store, sendings: SendingStore, add: Add) -> None:
    message = add()
    client.set(keys.events(partition_of(message.code)), "no stream")
    client.hset(keys.record(message.code), mapping={"s": "b", "l": "1"})
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        sendings.claim(message.code, lease_ms=1000, first_look_ms=1000)
    assert client.unreadable.noted() == []


@pytest.mark.parametrize("damage", CALLBACK_DAMAGES.values(), ids=CALLBACK_DAMAGES)
def test_a_callback_of_a_damaged_record_uses_no_tries_up(
    client: Store, callbacks: CallbackStore, add: Add, damage: Damage
) -> None:
    message = add()
    name, due = keys.record(message.code), keys.due_callbacks(partition_of(message.code))
    client.hset(name, mapping={"rs": "p", "rf": "d", "rn": "0", "R": "https://shop.test/"})
    client.zadd(due, {f"{message.code}r": NOW})
    damage(client, name)
    for turn in range(20):
        with pytest.raises(RecordUnreadable):
            callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW + turn * 5000)
    assert client.zscore(due, f"{message.code}r") == NOW + 19 * 5000 + 1000
    client.hset(name, mapping={"rf": "d", "f": message.sender, "R": "https://shop.test/"})
    claim = callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW + 200_000)
    assert claim is not None
    assert claim.number == 1


@pytest.mark.parametrize(("later_ms", "left"), [(999, 3), (1000, 4)])
def test_a_try_is_taken_back_once_and_only_while_its_lease_holds(
    client: Store, callbacks: CallbackStore, add: Add, later_ms: int, left: int
) -> None:
    message = add()
    name = keys.record(message.code)
    client.hset(name, mapping={"rs": "p", "rf": "d", "rn": "3", "R": "https://shop.test/"})
    assert callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW) is not None
    unclaim = Script(client, "unclaim_callback")
    for _ in range(2):  # a repeat, after an answer that was lost
        unclaim([name], [NOW + later_ms, "r"])
    assert client.hget(name, "rn") == str(left)


def test_a_try_that_another_worker_makes_is_not_taken_back(client: Store, callbacks: CallbackStore, add: Add) -> None:
    message = add()
    name = keys.record(message.code)
    client.hset(name, mapping={"rs": "p", "rf": "d", "rn": "0", "R": "https://shop.test/"})
    assert callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW) is not None
    client.hset(name, "rs", "?")
    with pytest.raises(RecordUnreadable):
        callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW + 10)
    assert client.hget(name, "rn") == "1"


def test_no_callback_is_claimed_before_the_lease_ends_on_which_it_could_not_be_read(
    client: Store, callbacks: CallbackStore, add: Add
) -> None:
    message = add()
    name = keys.record(message.code)
    client.hset(name, mapping={"rs": "p", "rf": "?", "rn": "0", "R": "https://shop.test/"})
    with pytest.raises(RecordUnreadable):
        callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW)
    client.hset(name, "rf", "d")
    assert callbacks.claim(message.code, CallbackKind.REPORT, lease_ms=1000, now=NOW + 999) is None


@pytest.mark.parametrize("damage", UNCLAIMABLE.values(), ids=UNCLAIMABLE)
def test_a_callback_whose_receiver_cannot_be_read_is_noted(
    client: Store, callbacks: CallbackStore, add: Add, damage: Damage
) -> None:
    message = add()
    client.hset(keys.record(message.code), "R", NO_TEXT)
    damage(client, keys.record(message.code))
    with pytest.raises(RecordUnreadable):
        callbacks.receiver_of(message.code, CallbackKind.REPORT)
    assert client.unreadable.noted() == [message.code]


@pytest.mark.parametrize("state", [None, "?"])
def test_a_callback_whose_state_is_damaged_is_put_off_and_stays_due(
    client: Store, callbacks: CallbackStore, add: Add, state: str | None
) -> None:
    message = add()
    name, due = keys.record(message.code), keys.due_callbacks(partition_of(message.code))
    client.hset(name, "rn", "0")
    if state is not None:
        client.hset(name, "rs", state)
    client.zadd(due, {f"{message.code}r": NOW})
    callbacks.defer(message.code, CallbackKind.REPORT, wait_ms=1000, now=NOW)
    assert client.zscore(due, f"{message.code}r") == NOW + 1000
