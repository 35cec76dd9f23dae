"""How fast the carrier is called."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest

from shortlink.domain.errors import CarrierBusy, RecordUnreadable
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.domain.opt_out import OptOutReason
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.pace import PaceStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.carrier_pace import (
    BATON_AT_MOST_SECONDS,
    HELD_AT_MOST_SECONDS,
    LOOK_SECONDS,
    CarrierPace,
)
from shortlink.use_cases.send_desk import SendDesk
from tests.use_cases.conftest import ScriptedCarrier

NOW = 1_790_000_000_000


class Time:
    """A clock that moves by sleeping only."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pace_store(client: Store) -> PaceStore:
    return PaceStore(client)


def test_moments_are_spaced_evenly_over_all_workers(client: Store) -> None:
    one, two = PaceStore(client), PaceStore(client)
    assert [one.reserve(1, rate=10, now=NOW), two.reserve(2, rate=10, now=NOW)] == [0, 100]
    assert one.reserve(1, rate=10, now=NOW) == 300
    assert one.reserve(1, rate=10, now=NOW + 350) == 50


def test_moments_that_nobody_took_are_not_saved_up(pace_store: PaceStore) -> None:
    pace_store.reserve(1, rate=10, now=NOW)
    assert pace_store.reserve(1, rate=10, now=NOW + 60_000) == 0
    assert pace_store.reserve(1, rate=10, now=NOW + 60_000) == 100


def test_a_moment_given_back_is_somebody_elses(pace_store: PaceStore) -> None:
    assert [pace_store.reserve(1, rate=1, now=NOW) for _ in range(3)] == [0, 1000, 2000]
    pace_store.give_back(rate=1, now=NOW)
    assert pace_store.reserve(1, rate=1, now=NOW) == 2000
    assert pace_store.reserve(1, rate=1, now=NOW + 60_000) == 0
    pace_store.give_back(rate=1, now=NOW + 60_000)
    assert pace_store.reserve(1, rate=1, now=NOW + 60_000) == 0


def test_who_finds_the_baton_taken_is_told_when_it_is_free(client: Store) -> None:
    one, two = PaceStore(client), PaceStore(client)
    assert one.take_baton(60) == 0
    assert 30_000 < two.take_baton(60) <= 60_000
    one.drop_baton()
    assert two.take_baton(60) == 0


def test_an_id_that_lay_in_the_queue_twice_uses_up_one_moment(
    desk: SendDesk, carrier: ScriptedCarrier, add: Callable[..., Message], pace_store: PaceStore, time: Time
) -> None:
    paced = replace(desk, pace=CarrierPace(pace_store, rate=1, sleep=time.sleep, clock=time))
    carrier.answers = [DeliveryReceipt(carrier_id="SM1", status=MessageStatus.DELIVERED)]
    message = add()
    for _ in range(2):
        assert paced.pace.wait_for(5) == 1
        attend_message(message.code, paced)
    assert 0 < pace_store.held_ms() <= 1000


def _of_a_closed_account(desk: SendDesk, message: Message) -> None:
    desk.accounts.change(message.account, disabled=True)


def _to_one_who_opted_out(desk: SendDesk, message: Message) -> None:
    desk.opt_outs.change(message.account, message.recipient, out=True, reason=OptOutReason.WORD)


def _of_an_account_that_cannot_be_read(desk: SendDesk, message: Message) -> None:
    desk.sendings._store.hset(keys.account(message.account), "created_at", "long ago")


def _that_cannot_be_read(desk: SendDesk, message: Message) -> None:
    desk.sendings._store.hdel(keys.record(message.code), "f")


@pytest.mark.parametrize(
    "end", [_of_a_closed_account, _to_one_who_opted_out, _of_an_account_that_cannot_be_read, _that_cannot_be_read]
)
def test_a_message_that_may_not_be_sent_or_cannot_be_uses_up_no_moment(
    end: Callable[[SendDesk, Message], None],
    desk: SendDesk,
    add: Callable[..., Message],
    pace_store: PaceStore,
    time: Time,
) -> None:
    paced = replace(desk, pace=CarrierPace(pace_store, rate=1, sleep=time.sleep, clock=time))
    message = add()
    end(desk, message)
    paced.pace.wait_for(1)
    with suppress(RecordUnreadable):
        attend_message(message.code, paced)
    assert pace_store.held_ms() <= 0


def test_a_pause_uses_moments_up_so_that_what_waits_is_not_put_off_at_once(
    desk: SendDesk, add: Callable[..., Message], pace_store: PaceStore, time: Time
) -> None:
    paced = replace(desk, pace=CarrierPace(pace_store, rate=1, sleep=time.sleep, clock=time))
    desk.presence.pause_sending("the carrier refuses our account", seconds=30)
    paced.pace.wait_for(1)
    attend_message(add().code, paced)
    assert pace_store.held_ms() > 500


def test_one_dispatcher_goes_on_offering_and_another_waits(client: Store) -> None:
    one, other = (CarrierPace(PaceStore(client), rate=1) for _ in range(2))
    assert [one.until_turn_to_offer(), one.until_turn_to_offer()] == [0, 0]
    assert 0 < other.until_turn_to_offer() <= 1500
    other.leave_offering()
    assert other.until_turn_to_offer() > 0
    one.leave_offering()
    assert other.until_turn_to_offer() == 0


def test_a_killed_dispatcher_keeps_others_from_offering_for_seconds_at_most(client: Store) -> None:
    CarrierPace(PaceStore(client), rate=0.01).until_turn_to_offer()
    assert 0 < client.pttl(keys.OFFER_BATON) <= BATON_AT_MOST_SECONDS * 1000


def test_the_pace_ends_by_itself(pace_store: PaceStore, client: Store) -> None:
    pace_store.reserve(5, rate=1)
    assert 5_000 < client.pttl("pace:carrier") <= 6_000


def test_a_hold_is_only_ever_made_longer(pace_store: PaceStore) -> None:
    pace_store.hold(5000, now=NOW)
    pace_store.hold(1000, now=NOW)
    assert pace_store.held_ms(now=NOW) == 5000
    assert pace_store.reserve(1, rate=10, now=NOW + 1000) == 4000


def test_a_worker_waits_for_its_moments(pace_store: PaceStore, time: Time) -> None:
    pace = CarrierPace(pace_store, rate=50, sleep=time.sleep, clock=time)
    assert pace.wait_for(100) == 5
    assert pace.wait_for(3) == 3
    assert time.slept[0] == 0
    assert 0.05 <= time.slept[1] <= 0.1


def test_without_a_limit_nothing_waits_until_the_carrier_asks(pace_store: PaceStore, time: Time) -> None:
    pace = CarrierPace(pace_store, rate=0, sleep=time.sleep, clock=time)
    assert pace.wait_for(100) == 100
    assert time.slept == []
    pace.hold(3)
    assert pace.wait_for(100) == 100
    assert sum(time.slept) == pytest.approx(3)


def test_another_workers_hold_is_seen_soon(pace_store: PaceStore, time: Time) -> None:
    one = CarrierPace(pace_store, rate=0, sleep=time.sleep, clock=time)
    other = CarrierPace(pace_store, rate=0, sleep=time.sleep, clock=time)
    one.wait_for(1)
    other.hold(10)
    time.now += LOOK_SECONDS
    one.wait_for(1)
    assert 9 < sum(time.slept) <= 10


def test_a_carrier_cannot_stop_us_for_long(pace_store: PaceStore, time: Time) -> None:
    pace = CarrierPace(pace_store, rate=0, sleep=time.sleep, clock=time)
    pace.hold(86_400)
    pace.wait_for(1)
    assert sum(time.slept) == pytest.approx(HELD_AT_MOST_SECONDS)


def test_a_carriers_wish_to_wait_holds_every_message(
    desk: SendDesk, carrier: ScriptedCarrier, add: Callable[..., Message], pace_store: PaceStore
) -> None:
    carrier.answers = [CarrierBusy("429", retry_after=7), CarrierBusy("connect")]
    attend_message(add().code, desk)
    held = pace_store.held_ms()
    assert 6_000 < held <= 7_000
    attend_message(add().code, desk)
    assert pace_store.held_ms() <= held


def test_only_moments_that_are_near_count_as_free(pace_store: PaceStore) -> None:
    fast, slow = CarrierPace(pace_store, rate=40), CarrierPace(pace_store, rate=0.2)
    assert (fast.free_soon(), slow.free_soon()) == (21, 1)
    pace_store.reserve(1, rate=1 / 30)
    assert (fast.free_soon(), slow.free_soon()) == (0, 0)


def test_a_hold_leaves_no_moment_free_until_it_nearly_ends(pace_store: PaceStore) -> None:
    pace = CarrierPace(pace_store, rate=10)
    pace_store.hold(10_000)
    assert pace.free_soon() == 0
    pace_store.give_back(rate=1 / 9.8)
    assert 1 <= pace.free_soon() <= 5


def test_looking_for_free_moments_writes_nothing(pace_store: PaceStore, client: Store) -> None:
    pace_store.reserve(1, rate=1)
    before = client.info("persistence")["rdb_changes_since_last_save"]
    CarrierPace(pace_store, rate=1).free_soon()
    assert client.info("persistence")["rdb_changes_since_last_save"] == before
