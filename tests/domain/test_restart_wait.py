"""What ends again and again is begun again ever later; what has lasted is begun again soon."""

from __future__ import annotations

from shortlink.domain.restart_wait import LONGEST_SECONDS, STEADY_SECONDS, RestartWait


def test_waits_double_up_to_the_longest() -> None:
    wait = RestartWait(0.2)
    waits = [wait.after(0.0) for _ in range(7)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, LONGEST_SECONDS, LONGEST_SECONDS]


def test_what_lasted_begins_with_the_shortest_wait_again() -> None:
    wait = RestartWait()
    for _ in range(5):
        wait.after(STEADY_SECONDS - 1)
    assert [wait.after(STEADY_SECONDS), wait.after(0.0)] == [0.1, 0.2]
