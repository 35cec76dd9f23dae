"""To the millisecond how long the store is waited for, by a clock and a loop of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from shortlink.storage import patience
from shortlink.storage.patience import Patience

SECONDS, EXTRA, STEP, LAST_LOOK = 0.8, 0.4, 0.1, 0.003


class Loop:
    """Time that passes when the test says so; a timer rings as much too late as it says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay: float, ring: Callable[[], None]) -> object:
        assert delay >= 0
        self.timers.append((self.now + delay, ring))
        return object()

    def pass_until(self, end: float, *, late: dict[int, float] | None = None) -> None:
        """Ring all that rings until then; `late` are seconds by the number of the ring."""
        rung = 0
        while self.timers and min(self.timers)[0] <= end:
            rings_at, ring = self.timers.pop(0)
            rung += 1
            self.now = rings_at + (late or {}).get(rung, 0.0)
            ring()
        self.now = max(self.now, end)


class Wait:
    """A wait, and when it was lost, in seconds since the test began."""

    def __init__(self, loop: Loop, extra_seconds: float = EXTRA) -> None:
        self.loop = loop
        self.lost_after: list[float] = []
        self.patience = Patience(SECONDS, self._lose, extra_seconds=extra_seconds)

    def _lose(self) -> None:
        self.lost_after.append(self.loop.now - 100.0)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    """A loop on a machine that is well."""
    made = Loop()
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(patience, "asyncio", SimpleNamespace(get_running_loop=lambda: made))
    monkeypatch.setattr(patience, "is_overloaded", lambda: False)
    return made


@pytest.mark.parametrize(
    ("late", "after"),
    [
        ({}, SECONDS),
        ({4: 0.2}, SECONDS + 0.2),  # this process was kept waiting, and so may the store have been
        ({1: 0.05}, SECONDS + 0.05),
        (dict.fromkeys(range(3, 9), STEP), SECONDS + EXTRA + STEP),  # it is known at the end of a step
        ({3: 5.0}, 5.0 + 2 * STEP),
        ({10: 0.5}, SECONDS + 0.5),  # and what arrived meanwhile is read
    ],
)
def test_a_step_that_took_too_long_counts_for_one_and_all_together_for_no_more_than_is_said(
    loop: Loop, late: dict[int, float], after: float
) -> None:
    wait = Wait(loop)
    wait.patience.begin()
    loop.pass_until(110, late=late)
    assert wait.lost_after == [pytest.approx(after + LAST_LOOK)]
    assert loop.timers == []


@pytest.mark.parametrize("extra", [EXTRA, 0.0])
def test_on_a_busy_machine_it_is_waited_as_much_longer_as_is_said(
    loop: Loop, extra: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "is_overloaded", lambda: True)
    wait = Wait(loop, extra + 0.01)  # a little more than steps make, as floats do not add up
    wait.patience.begin()
    loop.pass_until(110)
    assert wait.lost_after == [pytest.approx(SECONDS + extra + STEP + LAST_LOOK)]


def test_a_second_beginning_changes_nothing(loop: Loop) -> None:
    wait = Wait(loop)
    wait.patience.begin()
    loop.pass_until(100.55)
    wait.patience.begin()
    loop.pass_until(110)
    assert wait.lost_after == [pytest.approx(SECONDS + LAST_LOOK)]


def test_a_wait_that_ends_in_its_last_moment_is_not_lost_and_nothing_rings_any_more(loop: Loop) -> None:
    wait = Wait(loop)
    wait.patience.begin()
    loop.pass_until(100.801)
    wait.patience.end()
    loop.pass_until(110)
    assert (wait.lost_after, loop.timers) == ([], [])


def test_each_wait_is_lost_once_and_has_all_of_its_time(loop: Loop) -> None:
    wait = Wait(loop)
    wait.patience.begin()
    loop.pass_until(100.25)
    wait.patience.end()
    loop.pass_until(100.27)
    wait.patience.begin()
    assert len(loop.timers) == 1, "the timer goes on from one wait to the next"
    loop.pass_until(105)
    wait.patience.begin()
    loop.pass_until(110)
    assert wait.lost_after == [pytest.approx(0.27 + SECONDS + LAST_LOOK), pytest.approx(5 + SECONDS + LAST_LOOK)]


def test_a_wait_that_begins_as_another_is_lost_is_one_like_any(loop: Loop) -> None:
    lost_after: list[float] = []

    def begin_again() -> None:
        lost_after.append(loop.now - 100)
        if len(lost_after) == 1:
            again.begin()
            timers.append(len(loop.timers))

    timers: list[int] = []
    again = Patience(SECONDS, begin_again, extra_seconds=EXTRA)
    again.begin()
    loop.pass_until(100.85)
    assert (timers, len(loop.timers)) == ([1], 1)
    loop.pass_until(110)
    assert lost_after == [pytest.approx(SECONDS + LAST_LOOK), pytest.approx(2 * (SECONDS + LAST_LOOK))]


@pytest.mark.parametrize(
    ("load", "cores", "overloaded"), [(4.1, 2, True), (4.0, 2, False), (2.1, None, True), (2.0, None, False)]
)
def test_a_machine_with_more_than_twice_as_much_to_do_as_cores_is_overloaded(
    load: float, cores: int | None, overloaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (load, 9.0, 9.0))
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert patience.is_overloaded() is overloaded


def test_a_machine_that_does_not_tell_its_load_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    def tell() -> tuple[float, float, float]:
        raise OSError("not here")

    monkeypatch.setattr("os.getloadavg", tell)
    assert not patience.is_overloaded()
