"""How many threads an account may hold, and how what is put off stands in line."""

from __future__ import annotations

from collections import Counter

import pytest

from shortlink.domain.fair_share import (
    LONGEST_QUEUE_SECONDS,
    SLOW_ASK_AGAIN_SECONDS,
    SPACING_SECONDS,
    AccountCalls,
)


def holding(*, quick: int = 0, slow: int = 0) -> AccountCalls:
    return AccountCalls(by_endpoint=Counter({name: count for name, count in (("q", quick), ("s", slow)) if count}))


def may_begin(calls: AccountCalls, free: int) -> tuple[bool, bool, bool]:
    """Whether a call to a quick endpoint, to a new one and to a slow one may begin."""
    return calls.has_room(free=free), calls.has_room_for_trial(free=free), calls.has_room_for_slow(["s"], free=free)


@pytest.mark.parametrize(
    ("quick", "slow", "free", "may"),
    [
        (29, 0, 10, (True, False, True)),
        (30, 0, 10, (False, False, False)),
        (19, 0, 10, (True, True, True)),
        (20, 0, 10, (True, False, True)),
        (0, 9, 10, (True, True, True)),
        (0, 10, 10, (True, True, False)),
        (21, 9, 10, (False, False, False)),
    ],
)
def test_an_account_may_hold_three_two_or_one_thread_for_each_that_is_free(
    quick: int, slow: int, free: int, may: tuple[bool, bool, bool]
) -> None:
    assert may_begin(holding(quick=quick, slow=slow), free) == may


def test_an_account_with_nothing_under_way_may_always_begin_and_one_call_is_something() -> None:
    calls = holding()
    assert (calls.has_room(free=0), calls.has_room_for_trial(free=0), calls.has_room_for_slow([], free=0)) == (
        True,
    ) * 3
    for _ in range(2):
        calls.enter("s")
    calls.leave("s")
    assert may_begin(calls, 0) == (False, False, False)
    calls.leave("s")
    assert may_begin(calls, 0) == (True, True, True)
    assert not calls.by_endpoint


def test_slow_calls_that_are_put_off_come_back_spaced_and_none_later_than_the_longest_wait() -> None:
    calls = holding(slow=1)
    waits = [calls.stand_in_line(100.0) for _ in range(3)]
    assert waits == pytest.approx([SLOW_ASK_AGAIN_SECONDS + n * SPACING_SECONDS for n in range(3)])
    last = [calls.stand_in_line(100.0) for _ in range(4000)][-1]
    assert last == pytest.approx(LONGEST_QUEUE_SECONDS)
