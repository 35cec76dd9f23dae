"""How the store's time is known without asking for it."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from shortlink.storage.store_clock import StoreClock


class Machine:
    """This machine's clock, set by hand."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def time(self) -> float:
        return self.seconds


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setattr(time, "time", made.time)
    return made


def learn(clock: StoreClock, machine: Machine, *, store_ahead: float, each_way: float, back: float) -> None:
    steps = clock.learn()
    assert next(steps) == ("TIME",)
    machine.seconds += each_way
    micros = round((machine.seconds + store_ahead) * 1_000_000)
    machine.seconds += back
    with suppress(StopIteration):
        steps.send([str(micros // 1_000_000), str(micros % 1_000_000)])


def test_time_is_unknown_until_it_was_learnt() -> None:
    assert not StoreClock().is_known


def test_time_on_the_way_is_taken_for_half_the_round_trip(machine: Machine) -> None:
    clock = StoreClock()
    learn(clock, machine, store_ahead=60, each_way=0.015, back=0.015)
    assert clock.now() == pytest.approx((machine.seconds + 60) * 1000, abs=1)


def test_time_that_was_learnt_is_learnt_anew_before_the_clocks_drift_apart(machine: Machine) -> None:
    clock = StoreClock()
    learn(clock, machine, store_ahead=0, each_way=0.001, back=0.001)
    known = []
    for seconds in (299, 2):
        machine.seconds += seconds
        known.append(clock.is_known)
    assert known == [True, False]


def test_time_that_took_long_to_come_is_trusted_for_a_moment_only(machine: Machine) -> None:
    clock = StoreClock()
    learn(clock, machine, store_ahead=0, each_way=0.001, back=0.2)
    known = [clock.is_known]
    machine.seconds += 1.1
    assert [*known, clock.is_known] == [True, False]
