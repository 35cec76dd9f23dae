"""How long a callback waits for its next try, as docs/callbacks.md promises."""

from __future__ import annotations

from typing import Any

import pytest

from shortlink.domain.callback import Attempt, wait_before_try

SCHEDULE = (0.0, 5.0, 300.0)


def wait(tries: int = 1, *, schedule: tuple[float, ...] = SCHEDULE, jitter: float = 0.5, **last: Any) -> int:
    attempt = Attempt(at=1, duration_ms=1, **({"status_code": 500} | last))
    return wait_before_try(tries, schedule=schedule, last=attempt, jitter=jitter)


def test_the_schedule_says_the_wait_give_or_take_a_fifth_and_its_last_wait_repeats() -> None:
    assert [wait(1, jitter=jitter) for jitter in (0.0, 0.5, 1.0)] == [4_000, 5_000, 6_000]
    assert [wait(tries) for tries in (2, 3, 9)] == [300_000] * 3
    assert wait_before_try(0, schedule=SCHEDULE, last=None, jitter=1.0) == 0


@pytest.mark.parametrize(("asked", "waited"), [(0.0, 5_000), (4.0, 5_000), (7.5, 7_500), (10.0, 10_000)])
def test_a_receivers_wish_to_wait_is_honoured(asked: float, waited: int) -> None:
    assert wait(status_code=503, retry_after=asked) == waited


@pytest.mark.parametrize("asked", [10.1, 3_600.0, 86_400.0])
def test_a_receiver_cannot_put_a_try_off_for_more_than_twice_the_planned_wait(asked: float) -> None:
    assert wait(status_code=503, retry_after=asked) == 10_000


@pytest.mark.parametrize("last", [{"status_code": 429}, {"status_code": None, "error": "timeout"}])
def test_a_receiver_in_trouble_is_left_alone_for_a_minute(last: dict[str, Any]) -> None:
    assert wait(1, **last) == 60_000
    assert wait(1, retry_after=8.0, **last) == 60_000
    assert wait(2, **last) == 300_000


def test_other_failures_wait_no_minute() -> None:
    assert wait(status_code=503) == 5_000
    assert wait(status_code=None, error="connect") == 5_000


def test_a_schedule_that_is_shorter_than_a_minute_as_a_whole_stays_short() -> None:
    assert wait(status_code=429, schedule=(0.0, 1.0, 59.0)) == 1_000
