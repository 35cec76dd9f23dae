"""Callbacks that are put off because their receiver has enough on its hands."""

from __future__ import annotations

import pytest
from redis import Redis

from shortlink.domain.callback import CallbackState
from shortlink.domain.due import Due
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.ledger import Ledger
from tests.storage.conftest import NOW
from tests.storage.trying import CLICK, LEASE, take


def offered(ledger: Ledger, now: int) -> tuple[str, ...]:
    return ledger.offer(Due.CALLBACKS, again_ms=0, most=100, now=now).members


def test_what_was_put_off_is_due_after_its_wait_and_no_try_of_it_is_counted(
    callbacks: CallbackStore, ledger: Ledger, clicked: Message
) -> None:
    assert callbacks.defer(clicked.code, CLICK, wait_ms=500, now=NOW) == "ok"
    assert offered(ledger, NOW + 499) == ()
    assert offered(ledger, NOW + 500) == (clicked.code + "c",)
    assert take(callbacks, clicked, NOW + 500).number == 1


def test_putting_off_leaves_a_try_under_way_its_lease(
    callbacks: CallbackStore, ledger: Ledger, clicked: Message
) -> None:
    take(callbacks, clicked)
    ledger.offer(Due.CALLBACKS, again_ms=-LEASE, most=100, now=NOW + LEASE)  # too early
    assert callbacks.defer(clicked.code, CLICK, wait_ms=1, now=NOW + 1) == "busy"
    assert offered(ledger, NOW + LEASE - 1) == ()
    assert offered(ledger, NOW + LEASE) == (clicked.code + "c",)


@pytest.mark.parametrize("state", [CallbackState.DELIVERED, CallbackState.EXHAUSTED, CallbackState.STOPPED, None])
def test_what_has_ended_is_not_put_off_but_dropped(
    callbacks: CallbackStore, ledger: Ledger, store: Redis, clicked: Message, state: CallbackState | None
) -> None:
    name = keys.record(clicked.code)
    store.hset(name, "cs", state.value) if state else store.delete(name)
    assert callbacks.defer(clicked.code, CLICK, wait_ms=500, now=NOW) == "done"
    assert ledger.depth(Due.CALLBACKS) == 0
