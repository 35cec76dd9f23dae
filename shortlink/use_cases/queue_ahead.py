"""How much may lie in RQ: what waits there is served in its order, so what waits belongs into the ledger."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

FIRST_LIMIT = 64
LEAST_LIMIT = 8
MOST_LIMIT = 800
JOBS = 4  # a full queue is this many jobs
LEAST_BATCH = 2
WAIT_AT_MOST_SECONDS = 0.5


class QueueAhead:
    """Keeps as many ids in the queue of one kind as its workers take in about half a second.

    The limit doubles when the queue is found empty although more was due, and halves when a job has waited too long.
    Belongs to one dispatcher; the jobs of others count by their number. A job never holds more than `most_batch` ids.
    """

    def __init__(self, *, most_batch: int = MOST_LIMIT, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_batch = most_batch
        self._clock = clock
        self._limit = FIRST_LIMIT
        self._queued: deque[tuple[float, int]] = deque()  # our own jobs that wait: since when, how many ids
        self._wanted_more = False
        self._halved_at = 0.0

    @property
    def batch(self) -> int:
        """How many ids a job holds at most."""
        return min(self._most_batch, max(LEAST_BATCH, self._limit // JOBS))

    def room(self, jobs: int, *, moments: int | None = None) -> int:
        """Say how many ids may be queued now that so many jobs wait; 0: not now.

        With `moments`, so many of the carrier's are soon free, and what waits has the first of them. While there is
        something to begin with, a job is let grow to what begins together.
        """
        while len(self._queued) > jobs:
            self._queued.popleft()
        room = self._room(jobs)
        if moments is None:
            return room
        room = min(room, moments - self._waiting(jobs))
        return room if room >= (1 if jobs == 0 else self.batch) else 0

    def _room(self, jobs: int) -> int:
        now = self._clock()
        if jobs == 0:
            if self._wanted_more:
                self._limit = min(MOST_LIMIT, self._limit * 2)
            return self._limit
        if self._queued and now - self._queued[0][0] > WAIT_AT_MOST_SECONDS:
            self._halve(now)
            return 0
        waiting = self._waiting(jobs)
        if jobs > 1 and waiting * 2 < jobs * self.batch:  # small jobs: let the next one grow meanwhile
            return 0
        return max(0, self._limit - waiting)

    def note(self, sizes: Sequence[int], *, wanted_more: bool) -> None:
        """Note the jobs that were just queued, and whether more would have been due."""
        now = self._clock()
        self._queued.extend((now, size) for size in sizes)
        self._wanted_more = wanted_more

    def _waiting(self, jobs: int) -> int:
        return sum(size for _, size in self._queued) + (jobs - len(self._queued)) * self.batch

    def _halve(self, now: float) -> None:
        if now - self._halved_at > WAIT_AT_MOST_SECONDS:
            self._limit = max(LEAST_LIMIT, self._limit // 2)
            self._halved_at = now


def batches(members: Sequence[str], size: int) -> list[list[str]]:
    """Cut into pieces of at most `size`."""
    return [list(members[begin : begin + size]) for begin in range(0, len(members), size)]
