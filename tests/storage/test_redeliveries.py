"""Another round of tries, and a planned try brought forward, because the callback's owner asked for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shortlink.domain.callback import ASKED_WAIT_MS, CallbackState
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.message import Message
from shortlink.storage.callbacks import CallbackStore, Redelivery
from shortlink.storage.connection import Store
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from tests.storage.conftest import NOW
from tests.storage.trying import CLICK, LEASE, answer, take


def test_a_further_round_is_told_and_wakes_a_listener(
    callbacks: CallbackStore, ledger: Ledger, client: Store, clicked: Message
) -> None:
    callbacks.finish(take(callbacks, clicked), answer(410), state=CallbackState.STOPPED, now=NOW)
    with ledger.hints() as wait:
        wait(0.05)
        asked = callbacks.redeliver(clicked.code, CLICK, reopening=[CallbackState.STOPPED], now=NOW)
        assert wait(5) == {Due.CALLBACKS}
    assert asked is Redelivery.REOPENED
    last = list(Inspector(client).events(partition_of(clicked.code)))[-1]
    assert (last.kind, last.subject, last.value) == (EntryKind.REDELIVER, clicked.code, "c")


def test_asking_for_what_is_pending_gives_it_no_further_round(
    callbacks: CallbackStore, client: Store, clicked: Message
) -> None:
    callbacks.finish(take(callbacks, clicked), answer(500), state=CallbackState.PENDING, wait_ms=300_000, now=NOW)
    asked = callbacks.redeliver(clicked.code, CLICK, reopening=[CallbackState.PENDING], now=NOW + 60_000)
    assert asked is Redelivery.PENDING
    assert callbacks.list_of(clicked)[0].tries_this_round == 1
    entries = Inspector(client).events(partition_of(clicked.code))
    assert EntryKind.REDELIVER not in [entry.kind for entry in entries]


def test_a_try_that_is_asked_for_comes_ten_seconds_after_the_last_one_ended(
    callbacks: CallbackStore, clicked: Message
) -> None:
    attempt = replace(answer(410), at=NOW, duration_ms=2000)
    callbacks.finish(take(callbacks, clicked), attempt, state=CallbackState.STOPPED, now=NOW + 2000)
    callbacks.redeliver(clicked.code, CLICK, reopening=[CallbackState.STOPPED], now=NOW + 3000)
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + 2000 + ASKED_WAIT_MS - 1) is None
    assert take(callbacks, clicked, NOW + 2000 + ASKED_WAIT_MS).number == 2


def test_a_redelivery_that_is_asked_for_does_not_wait_for_the_planned_try(
    callbacks: CallbackStore, clicked: Message
) -> None:
    callbacks.finish(take(callbacks, clicked), answer(500), state=CallbackState.PENDING, wait_ms=300_000, now=NOW)
    callbacks.redeliver(clicked.code, CLICK, reopening=[CallbackState.PENDING], now=NOW + 60_000)
    assert take(callbacks, clicked, NOW + 60_000).number == 2


def test_a_redelivery_that_is_asked_for_leaves_a_try_under_way_alone(
    callbacks: CallbackStore, ledger: Ledger, clicked: Message
) -> None:
    take(callbacks, clicked)
    asked = callbacks.redeliver(clicked.code, CLICK, reopening=[CallbackState.PENDING], now=NOW + 1)
    assert asked is Redelivery.PENDING
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + LEASE - 1).members == ()


def test_who_asks_for_what_has_ended_leaves_a_planned_try_where_it_is(
    callbacks: CallbackStore, clicked: Message
) -> None:
    callbacks.finish(take(callbacks, clicked), answer(500), state=CallbackState.PENDING, wait_ms=300_000, now=NOW)
    asked = callbacks.redeliver(clicked.code, CLICK, reopening=[CallbackState.EXHAUSTED], now=NOW + 60_000)
    assert asked is Redelivery.PENDING
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + 299_999) is None


@pytest.mark.parametrize("state", [CallbackState.PENDING, CallbackState.STOPPED])
def test_asking_on_and_on_makes_a_try_in_ten_seconds_at_most(
    callbacks: CallbackStore, ledger: Ledger, clicked: Message, state: CallbackState
) -> None:
    tried: list[int] = []
    for now in range(NOW, NOW + 61_000, 500):
        callbacks.redeliver(clicked.code, CLICK, reopening=list(CallbackState), now=now)
        ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=now)
        if (claim := callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=now)) is not None:
            tried.append(now)
            attempt = replace(answer(410), at=now, duration_ms=0)
            callbacks.finish(claim, attempt, state=state, wait_ms=300_000, now=now)
    assert tried == [NOW + n * ASKED_WAIT_MS for n in range(7)]


def test_asking_does_not_put_off_a_try_that_is_planned_for_earlier(callbacks: CallbackStore, clicked: Message) -> None:
    callbacks.finish(take(callbacks, clicked), answer(500), state=CallbackState.PENDING, wait_ms=5000, now=NOW)
    callbacks.redeliver(clicked.code, CLICK, reopening=[CallbackState.PENDING], now=NOW + 1)
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + 4999) is None
    assert take(callbacks, clicked, NOW + 5000).number == 2


def test_a_wrong_clock_of_a_worker_holds_nothing_up_for_longer(callbacks: CallbackStore, clicked: Message) -> None:
    late = replace(answer(410), at=NOW + 10**9)
    callbacks.finish(take(callbacks, clicked), late, state=CallbackState.STOPPED, now=NOW)
    callbacks.redeliver(clicked.code, CLICK, reopening=[CallbackState.STOPPED], now=NOW + 1)
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + ASKED_WAIT_MS) is None
    assert take(callbacks, clicked, NOW + 1 + ASKED_WAIT_MS).number == 2
