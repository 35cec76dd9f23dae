"""What erasing takes from a record, and from the sets of what is due."""

from __future__ import annotations

import pytest
from redis import Redis

from shortlink.domain.callback import CallbackKind, CallbackState
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.invariants import check
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.erasures import Erasure, ErasureStore
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import MessageStore
from shortlink.storage.sendings import SendingStore
from tests.factories import make_message
from tests.storage.conftest import NOW
from tests.storage.tapping import Add
from tests.storage.trying import CLICK, LEASE, answer, take

FAILED = DeliveryReceipt(carrier_id="SM1", status=MessageStatus.FAILED)


def test_an_erased_person_is_owed_no_callback_whether_or_not_one_was_tried(
    erasures: ErasureStore,
    sendings: SendingStore,
    callbacks: CallbackStore,
    ledger: Ledger,
    client: Store,
    clicked: Message,
) -> None:
    sendings.advance(clicked.code, FAILED, poll_ms=0, report_ms=0, now=NOW)
    for kind in CallbackKind:
        claim = callbacks.claim(clicked.code, kind, lease_ms=LEASE, now=NOW)
        assert claim is not None
        callbacks.finish(claim, answer(500), state=CallbackState.PENDING, wait_ms=5000, now=NOW)
    assert erasures.erase(clicked, person=True) is Erasure.ERASED
    assert ledger.depth(Due.CALLBACKS) == 0
    assert client.hmget(keys.record(clicked.code), "r", "R", "C", "cs", "rs", "cy", "ry") == [None] * 7
    assert callbacks.list_of(clicked) == []


@pytest.mark.parametrize("tried", [False, True])
def test_an_old_offer_of_an_erased_callback_brings_nothing_back(
    erasures: ErasureStore, callbacks: CallbackStore, ledger: Ledger, client: Store, clicked: Message, *, tried: bool
) -> None:
    if tried:
        callbacks.finish(take(callbacks, clicked), answer(500), state=CallbackState.PENDING, wait_ms=5000, now=NOW)
    assert erasures.erase(clicked, person=True) is Erasure.CANCELLED
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + DAY_MS) is None
    assert callbacks.defer(clicked.code, CLICK, wait_ms=1000, now=NOW + DAY_MS) == "done"
    assert ledger.depth(Due.CALLBACKS) == 0
    assert check(Inspector(client).look(clicked.code, now=NOW + DAY_MS)) == []


def test_a_message_that_is_cancelled_has_nothing_planned(
    erasures: ErasureStore, sendings: SendingStore, ledger: Ledger, client: Store, add: Add
) -> None:
    message = add()
    claim = sendings.claim(message.code, lease_ms=LEASE, first_look_ms=0, now=NOW)
    assert claim is not None
    waiting = {"leaving": [MessageStatus.SUBMITTING], "status": MessageStatus.ACCEPTED, "wait_ms": 5000}
    sendings.postpone(message.code, token=claim.token, now=NOW, **waiting)  # type: ignore[arg-type]
    assert erasures.erase(message, person=True) is Erasure.CANCELLED
    assert ledger.depth(Due.MESSAGES) == 0
    assert client.hget(keys.record(message.code), "y") is None
    assert check(Inspector(client).look(message.code, now=NOW)) == []


def test_a_text_is_erased_once(erasures: ErasureStore, sendings: SendingStore, add: Add) -> None:
    message = add()
    sendings.advance(message.code, FAILED, poll_ms=0, report_ms=0)
    assert [erasures.erase(message, person=False) for _ in range(2)] == [Erasure.ERASED, Erasure.KEPT]


def test_what_is_of_another_number_is_kept(erasures: ErasureStore, messages: MessageStore, add: Add) -> None:
    message = add()
    other = make_message(code=message.code, recipient="+818011234568")
    assert erasures.erase(other, person=True) is Erasure.KEPT
    assert messages.get(message.id) == message


def test_erasing_what_is_gone_makes_no_record(erasures: ErasureStore, store: Redis, add: Add) -> None:
    message = add()
    store.delete(keys.record(message.code))
    assert [erasures.erase(message, person=person) for person in (False, True)] == [Erasure.KEPT] * 2
    assert store.exists(keys.record(message.code)) == 0
