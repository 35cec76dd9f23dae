"""How long one address waits that asked for too many unknown codes."""

from __future__ import annotations

import pytest

from shortlink.use_cases.miss_throttle import MissThrottle

ADDRESS, NEIGHBOUR = "192.0.2.1", "192.0.2.2"


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("misses", "seconds"), [(9, 0), (10, 7), (11, 13), (20, 67)])
def test_an_address_waits_until_its_allowance_has_come_back(misses: int, seconds: int) -> None:
    clock = Time()
    throttle = MissThrottle(per_minute=10, clock=clock)
    for _ in range(misses):
        throttle.note_miss(ADDRESS)
    assert (throttle.blocks(ADDRESS), throttle.blocks(NEIGHBOUR)) == (seconds, 0)
    clock.now += seconds
    assert throttle.blocks(ADDRESS) == 0


def test_an_allowance_comes_back_by_its_rate_and_is_not_saved_up() -> None:
    clock = Time()
    throttle = MissThrottle(per_minute=10, clock=clock)
    for _ in range(10):
        throttle.note_miss(ADDRESS)
    clock.now += 5.9
    assert throttle.blocks(ADDRESS) == 1
    clock.now += 3600
    for _ in range(10):
        throttle.note_miss(ADDRESS)
    assert throttle.blocks(ADDRESS) == 7
