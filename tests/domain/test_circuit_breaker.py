"""When what fails often is left alone, and how it is tried again."""

from __future__ import annotations

import pytest

from shortlink.domain.circuit_breaker import LEAST_CALLS, OPEN_SECONDS, TRIAL_SECONDS, WINDOW_SECONDS, CircuitBreaker


def after(good: int, bad: int, *, at: float = 0.0) -> CircuitBreaker:
    breaker = CircuitBreaker()
    for answered_well in [True] * good + [False] * bad:
        breaker.enter()
        breaker.leave(at, answered_well=answered_well)
    return breaker


@pytest.mark.parametrize(
    ("good", "bad", "left_alone"),
    [(0, LEAST_CALLS - 1, False), (0, LEAST_CALLS, True), (3, 7, True), (4, 8, False), (5, 6, False), (15, 35, True)],
)
def test_it_opens_when_seven_tenths_of_ten_calls_or_more_were_bad(good: int, bad: int, left_alone: bool) -> None:
    breaker = after(good, bad)
    assert breaker.wait(0.0) == (OPEN_SECONDS if left_alone else 0.0)
    assert breaker.left_alone(0.0) == (OPEN_SECONDS if left_alone else 0.0)


def test_what_is_longer_ago_than_the_window_counts_no_more() -> None:
    breaker = after(0, LEAST_CALLS - 1)
    breaker.leave(WINDOW_SECONDS + 1, answered_well=False)
    assert breaker.wait(WINDOW_SECONDS + 1) == 0.0


def test_after_the_pause_one_call_is_tried_and_others_wait_for_what_comes_of_it() -> None:
    breaker = after(0, LEAST_CALLS)
    assert breaker.wait(OPEN_SECONDS) == 0.0
    breaker.enter()
    assert breaker.wait(OPEN_SECONDS) == TRIAL_SECONDS
    breaker.leave(OPEN_SECONDS, answered_well=None)  # nothing was asked: the next one tries
    assert breaker.wait(OPEN_SECONDS) == 0.0
    assert len(breaker.answers) == LEAST_CALLS
    breaker.enter()
    breaker.leave(OPEN_SECONDS, answered_well=True)
    breaker.enter()
    assert breaker.wait(OPEN_SECONDS) == 0.0  # a good answer lets in as many as there are


def test_a_bad_trial_leaves_it_alone_for_another_pause() -> None:
    breaker = after(0, LEAST_CALLS)
    breaker.enter()
    breaker.leave(OPEN_SECONDS, answered_well=False)
    assert breaker.wait(OPEN_SECONDS + 1) == OPEN_SECONDS - 1
