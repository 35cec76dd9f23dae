"""What the callback store promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from shortlink.domain.callback import ASKED_WAIT_MS, ATTEMPTS_KEPT, MAX_TRIES, Attempt, CallbackState
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.invariants import check
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackClaim, CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.record import pack_attempt
from tests.storage.conftest import NOW
from tests.storage.trying import CLICK, LEASE, answer, take


def test_a_try_is_counted_before_anything_is_sent(callbacks: CallbackStore, clicked: Message) -> None:
    assert take(callbacks, clicked).number == 1
    assert callbacks.list_of(clicked)[0].tries == 1


def test_only_one_of_many_workers_gets_a_try(callbacks: CallbackStore, clicked: Message) -> None:
    def claim(_: int) -> CallbackClaim | None:
        return callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW)

    with ThreadPoolExecutor(16) as pool:
        assert sum(one is not None for one in pool.map(claim, range(64))) == 1


def test_no_other_worker_gets_a_try_before_the_lease_of_the_last_one_has_ended(
    callbacks: CallbackStore, ledger: Ledger, clicked: Message
) -> None:
    take(callbacks, clicked)
    ledger.offer(Due.CALLBACKS, again_ms=-LEASE, most=100, now=NOW + LEASE)
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + LEASE - 1) is None  # offered too early
    assert ledger.offer(Due.CALLBACKS, again_ms=0, most=100, now=NOW + LEASE - 1).members == ()
    assert ledger.offer(Due.CALLBACKS, again_ms=0, most=100, now=NOW + LEASE).members == (clicked.code + "c",)
    assert take(callbacks, clicked, NOW + LEASE).number == 2


@pytest.mark.parametrize("state", [CallbackState.DELIVERED, CallbackState.EXHAUSTED, CallbackState.STOPPED, None])
def test_an_old_offer_of_a_callback_that_has_ended_is_dropped(
    callbacks: CallbackStore, ledger: Ledger, store: Redis, clicked: Message, state: CallbackState | None
) -> None:
    name = keys.record(clicked.code)
    store.hset(name, "cs", state.value) if state else store.delete(name)
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW) is None
    assert ledger.depth(Due.CALLBACKS) == 0


def test_what_came_of_a_try_is_not_kept_once_nothing_is_owed_any_more(
    callbacks: CallbackStore, ledger: Ledger, erasures: ErasureStore, store: Redis, clicked: Message
) -> None:
    claim = take(callbacks, clicked)
    erasures.erase(clicked, person=True)
    before = store.hgetall(keys.record(clicked.code))
    assert not callbacks.finish(claim, answer(500), state=CallbackState.PENDING, now=NOW)
    assert store.hgetall(keys.record(clicked.code)) == before
    store.delete(keys.record(clicked.code))
    store.zadd(keys.due_callbacks(partition_of(clicked.code)), {clicked.code + "c": NOW})
    assert not callbacks.finish(claim, answer(500), state=CallbackState.PENDING, now=NOW)
    assert (store.exists(keys.record(clicked.code)), ledger.depth(Due.CALLBACKS)) == (0, 0)


def test_two_hundred_ends_it_and_leaves_the_ledger(callbacks: CallbackStore, ledger: Ledger, clicked: Message) -> None:
    callbacks.finish(take(callbacks, clicked), answer(200), state=CallbackState.DELIVERED, now=NOW)
    assert callbacks.list_of(clicked)[0].state is CallbackState.DELIVERED
    assert ledger.depth(Due.CALLBACKS) == 0
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + 10**9) is None


def test_a_failed_try_comes_back_after_its_wait_and_not_before(
    callbacks: CallbackStore, ledger: Ledger, clicked: Message
) -> None:
    callbacks.finish(take(callbacks, clicked), answer(500), state=CallbackState.PENDING, wait_ms=5000, now=NOW)
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 4999).members == ()
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 5000).members == (clicked.code + "c",)


def test_every_attempt_is_kept_with_time_answer_and_duration(callbacks: CallbackStore, clicked: Message) -> None:
    for outcome in (answer(500), answer(None, "timeout"), answer(200)):
        state = CallbackState.DELIVERED if outcome.delivered else CallbackState.PENDING
        callbacks.finish(take(callbacks, clicked), outcome, state=state, now=NOW)
    assert callbacks.list_of(clicked)[0].attempts == (answer(500), answer(None, "timeout"), answer(200))


def test_ten_crashes_use_up_ten_tries_and_never_an_eleventh(
    callbacks: CallbackStore, ledger: Ledger, clicked: Message
) -> None:
    for n in range(10):
        assert take(callbacks, clicked, NOW + n * (LEASE + 1)).number == n + 1
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + 10 * (LEASE + 1)) is None
    assert callbacks.list_of(clicked)[0].state is CallbackState.EXHAUSTED
    assert ledger.depth(Due.CALLBACKS) == 0


def test_a_callback_whose_last_try_died_with_its_worker_is_given_up_aloud(
    callbacks: CallbackStore, client: Store, clicked: Message
) -> None:
    for n in range(MAX_TRIES):
        take(callbacks, clicked, NOW + n * (LEASE + 1))
    callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + MAX_TRIES * (LEASE + 1))
    last = list(Inspector(client).events(partition_of(clicked.code)))[-1]
    assert (last.kind, last.subject, last.value) == (EntryKind.CALLBACK, clicked.code, "cx")
    assert last.detail == f"{MAX_TRIES} died-in-last-try"


def test_a_stale_failure_plans_nothing(callbacks: CallbackStore, clicked: Message, ledger: Ledger) -> None:
    old = take(callbacks, clicked)
    take(callbacks, clicked, NOW + LEASE + 1)
    before = ledger.offer(Due.CALLBACKS, again_ms=1, most=1, now=NOW).next_ms
    assert not callbacks.finish(old, answer(500), state=CallbackState.PENDING, wait_ms=0, now=NOW)
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=1, now=NOW).next_ms == before


def test_a_stale_two_hundred_still_ends_it(callbacks: CallbackStore, clicked: Message) -> None:
    old = take(callbacks, clicked)
    newer = take(callbacks, clicked, NOW + LEASE + 1)
    assert callbacks.finish(old, answer(200), state=CallbackState.DELIVERED, now=NOW)
    assert not callbacks.finish(newer, answer(500), state=CallbackState.PENDING, wait_ms=0, now=NOW)
    assert callbacks.list_of(clicked)[0].state is CallbackState.DELIVERED


def test_an_end_leaves_no_planned_try_behind(callbacks: CallbackStore, store: Redis, clicked: Message) -> None:
    old = take(callbacks, clicked)
    newer = take(callbacks, clicked, NOW + LEASE + 1)
    callbacks.finish(newer, answer(500), state=CallbackState.PENDING, wait_ms=5000, now=NOW + LEASE + 2)
    assert store.hexists(keys.record(clicked.code), "cy")
    callbacks.finish(old, answer(200), state=CallbackState.DELIVERED, now=NOW + LEASE + 3)
    assert not store.hexists(keys.record(clicked.code), "cy")


def test_each_try_is_in_the_event_log_once_with_its_number_and_what_came_of_it(
    callbacks: CallbackStore, client: Store, clicked: Message
) -> None:
    old = take(callbacks, clicked)
    newer = take(callbacks, clicked, NOW + LEASE + 1)
    for _ in range(2):  # a repeat, after an answer that was lost
        callbacks.finish(newer, answer(200), state=CallbackState.DELIVERED, now=NOW)
    callbacks.finish(old, answer(None, "timeout"), state=CallbackState.PENDING, wait_ms=0, now=NOW)
    entries = list(Inspector(client).events(partition_of(clicked.code)))
    tried = [(entry.value, entry.detail) for entry in entries if entry.kind is EntryKind.CALLBACK]
    assert tried == [("cd", f"2 {pack_attempt(answer(200))}"), ("c-", f"1 {pack_attempt(answer(None, 'timeout'))}")]


def test_the_event_id_is_the_same_on_every_try(callbacks: CallbackStore, clicked: Message) -> None:
    first = take(callbacks, clicked)
    second = take(callbacks, clicked, NOW + LEASE + 1)
    assert first.callback.id == second.callback.id
    assert clicked.id in first.callback.id


def test_an_old_offer_does_not_bring_a_planned_try_forward(
    callbacks: CallbackStore, ledger: Ledger, clicked: Message
) -> None:
    callbacks.finish(take(callbacks, clicked), answer(500), state=CallbackState.PENDING, wait_ms=300_000, now=NOW)
    assert callbacks.claim(clicked.code, CLICK, lease_ms=LEASE, now=NOW + 299_999) is None
    assert callbacks.defer(clicked.code, CLICK, wait_ms=1, now=NOW + 299_999) == "busy"
    assert not ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 299_999).members
    assert callbacks.list_of(clicked)[0].tries == 1
    assert take(callbacks, clicked, NOW + 300_000).number == 2


def round_of(callbacks: CallbackStore, message: Message, start: int, outcome: Attempt, times: int = 1) -> None:
    """Ask for another round, again and again; each ends with its first try, or its worker dies in it now and then."""
    for n in range(times):
        now = start + n * (LEASE + ASKED_WAIT_MS)
        callbacks.redeliver(message.code, CLICK, reopening=list(CallbackState), now=now)
        claim = take(callbacks, message, now + ASKED_WAIT_MS)
        if n % 5 != 2:
            callbacks.finish(claim, outcome, state=CallbackState.STOPPED, now=now + ASKED_WAIT_MS)


def test_a_record_keeps_the_newest_attempts_only(
    callbacks: CallbackStore, client: Store, store: Redis, clicked: Message
) -> None:
    callbacks.finish(take(callbacks, clicked), answer(200), state=CallbackState.DELIVERED, now=NOW)
    round_of(callbacks, clicked, NOW, answer(410), times=100)
    (callback,) = callbacks.list_of(clicked)
    assert callback.tries == 101
    assert [one.number for one in callback.attempts] == [n for n in range(72, 102) if (n - 2) % 5 != 2]
    assert store.hlen(keys.record(clicked.code)) < 60
    assert check(Inspector(client).look(clicked.code, now=NOW + 10**7)) == []


def test_attempts_of_an_older_record_are_dropped_with_the_next_claim(
    callbacks: CallbackStore, store: Redis, clicked: Message
) -> None:
    for n in range(1, 201):
        store.hset(keys.record(clicked.code), f"c{n}", f"{NOW} 1 410")
    store.hset(keys.record(clicked.code), mapping={"cn": 200, "co": 199})
    take(callbacks, clicked)
    assert [one.number for one in callbacks.list_of(clicked)[0].attempts] == list(range(172, 201))


def test_no_attempt_of_the_round_under_way_is_ever_dropped() -> None:
    assert ATTEMPTS_KEPT > MAX_TRIES


def test_an_answer_that_comes_one_try_late_is_kept_however_many_tries_there_were(
    callbacks: CallbackStore, store: Redis, clicked: Message
) -> None:
    store.hset(keys.record(clicked.code), mapping={"cn": 200, "co": 200})
    old = take(callbacks, clicked)
    take(callbacks, clicked, NOW + LEASE)
    assert not callbacks.finish(old, answer(500), state=CallbackState.PENDING, now=NOW + LEASE)
    assert [one.number for one in callbacks.list_of(clicked)[0].attempts] == [201]


@pytest.mark.parametrize(("outcome", "kept"), [(answer(500), False), (answer(200), True)])
def test_an_answer_that_comes_thirty_tries_late_is_kept_if_it_ends_the_callback(
    callbacks: CallbackStore, clicked: Message, outcome: Attempt, kept: bool
) -> None:
    old, now = take(callbacks, clicked), NOW
    for n in range(40):
        now = NOW + (n + 1) * (LEASE + ASKED_WAIT_MS)
        callbacks.redeliver(clicked.code, CLICK, reopening=list(CallbackState), now=now)
        callbacks.finish(take(callbacks, clicked, now), answer(410), state=CallbackState.STOPPED, now=now)
    callbacks.redeliver(clicked.code, CLICK, reopening=list(CallbackState), now=now)
    state = CallbackState.DELIVERED if kept else CallbackState.PENDING
    assert callbacks.finish(old, outcome, state=state, now=now) is kept
    (callback,) = callbacks.list_of(clicked)
    assert (callback.attempts[0].number == 1) is kept
    assert callback.state is state
