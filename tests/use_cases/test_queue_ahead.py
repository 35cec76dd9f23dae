"""How much a dispatcher lets lie in RQ."""

from __future__ import annotations

import pytest

from shortlink.use_cases.queue_ahead import (
    FIRST_LIMIT,
    LEAST_LIMIT,
    MOST_LIMIT,
    WAIT_AT_MOST_SECONDS,
    QueueAhead,
    batches,
)
from tests.clock import Clock


@pytest.fixture
def ahead(clock: Clock) -> QueueAhead:
    return QueueAhead(clock=clock)


def fill(ahead: QueueAhead, room: int) -> int:
    """Queue as much as there is room for; returns how many jobs that made."""
    sizes = [len(job) for job in batches(["x"] * room, ahead.batch)]
    ahead.note(sizes, wanted_more=True)
    return len(sizes)


def test_a_full_queue_has_no_room_until_a_job_is_taken(ahead: QueueAhead) -> None:
    jobs = fill(ahead, ahead.room(0))
    assert ahead.room(jobs) == 0
    assert ahead.room(jobs - 1) == ahead.batch


def test_workers_that_empty_the_queue_get_more_each_time_up_to_a_bound(ahead: QueueAhead) -> None:
    rooms = []
    for _ in range(8):
        rooms.append(ahead.room(0))
        fill(ahead, rooms[-1])
    assert rooms[:3] == [FIRST_LIMIT, FIRST_LIMIT * 2, FIRST_LIMIT * 4]
    assert rooms[-1] == MOST_LIMIT


def test_an_empty_queue_with_little_due_changes_nothing(ahead: QueueAhead) -> None:
    for _ in range(5):
        assert ahead.room(0) == FIRST_LIMIT
        ahead.note([3], wanted_more=False)


def test_slow_workers_get_less_each_time_down_to_a_bound(ahead: QueueAhead, clock: Clock) -> None:
    jobs = fill(ahead, ahead.room(0))
    for _ in range(10):
        clock.now += WAIT_AT_MOST_SECONDS + 0.1
        assert ahead.room(jobs) == 0
    ahead.note([], wanted_more=False)
    assert ahead.room(0) == LEAST_LIMIT


def test_small_jobs_wait_so_that_the_next_one_grows(ahead: QueueAhead) -> None:
    ahead.room(0)
    ahead.note([1], wanted_more=False)
    assert ahead.room(1) > 0
    ahead.note([1], wanted_more=False)
    assert ahead.room(2) == 0
    assert ahead.room(1) > 0


def test_jobs_of_another_dispatcher_count(ahead: QueueAhead) -> None:
    assert ahead.room(3) == FIRST_LIMIT - 3 * ahead.batch
    assert ahead.room(40) == 0


def test_pieces_hold_everything_in_order() -> None:
    assert batches(list("abcdefg"), 3) == [list("abc"), list("def"), ["g"]]
    assert batches([], 3) == []


def test_what_waits_has_the_first_of_the_carriers_moments(clock: Clock) -> None:
    ahead = QueueAhead(most_batch=4, clock=clock)
    assert ahead.room(0, moments=10) == 10
    ahead.note([4, 4, 2], wanted_more=True)
    assert ahead.room(3, moments=10) == 0
    assert ahead.room(2, moments=9) == 0
    assert ahead.room(2, moments=10) == 4
    assert ahead.room(1, moments=0) == 0


def test_an_empty_queue_has_no_room_while_no_moment_is_free(ahead: QueueAhead) -> None:
    for _ in range(5):
        assert ahead.room(0, moments=0) == 0


def test_a_job_is_never_larger_than_what_begins_together(clock: Clock) -> None:
    assert QueueAhead(most_batch=1, clock=clock).batch == 1
