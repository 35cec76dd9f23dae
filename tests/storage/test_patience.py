"""How long an event loop waits for the store."""

from __future__ import annotations

import asyncio
import time

import pytest

from shortlink.storage.patience import Patience

SECONDS = 0.04
LONG_ENOUGH = 10.0


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else this machine does, nobody is given more time for it."""
    monkeypatch.setattr("shortlink.storage.patience.is_overloaded", lambda: False)


class Waiter:
    """Somebody whose patience may end."""

    def __init__(self) -> None:
        self.patience = Patience(SECONDS, self._lose, extra_seconds=0)
        self.lost_at: list[float] = []
        self.lost = asyncio.Event()

    def _lose(self) -> None:
        self.lost_at.append(time.monotonic())
        self.lost.set()


def test_a_wait_that_is_not_ended_is_lost_once_and_the_next_one_too() -> None:
    async def run() -> list[float]:
        waiter = Waiter()
        for _ in range(2):
            waiter.lost.clear()
            waiter.patience.begin()
            await asyncio.wait_for(waiter.lost.wait(), LONG_ENOUGH)
        await asyncio.sleep(2 * SECONDS)
        return waiter.lost_at

    assert len(asyncio.run(run())) == 2


def test_waits_that_end_are_never_lost() -> None:
    async def run() -> list[float]:
        waiter = Waiter()
        for _ in range(20):
            waiter.patience.begin()
            await asyncio.sleep(SECONDS / 10)
            waiter.patience.end()
        await asyncio.sleep(2 * SECONDS)
        return waiter.lost_at

    assert asyncio.run(run()) == []


def test_a_wait_has_all_of_its_time_however_soon_after_another_it_began() -> None:
    async def run() -> float:
        waiter = Waiter()
        waiter.patience.begin()
        await asyncio.sleep(SECONDS / 2)
        waiter.patience.end()
        began = time.monotonic()
        waiter.patience.begin()
        waiter.patience.begin()  # changes nothing
        await asyncio.wait_for(waiter.lost.wait(), LONG_ENOUGH)
        return waiter.lost_at[0] - began

    assert asyncio.run(run()) >= SECONDS


def test_once_nobody_waits_nothing_rings() -> None:
    async def run() -> Waiter:
        waiter = Waiter()
        waiter.patience.begin()
        waiter.patience.end()
        async with asyncio.timeout(LONG_ENOUGH):
            while waiter.patience._timer is not None:  # noqa: ASYNC110, it tells nobody
                await asyncio.sleep(0.001)
        return waiter

    assert asyncio.run(run()).lost_at == []
