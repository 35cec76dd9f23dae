"""The places of a server: who has one, and who gives it up where there are too many."""

from __future__ import annotations

import heapq
import logging
import math
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from shortlink.http1.claim import Claim

if TYPE_CHECKING:
    from shortlink.http1.timed_connection import TimedConnection

TAKEN_AT_MOST = 0.9  # of all places, where some of those who hold them ask nothing
LEAST_FOUND = 0.01  # of all places, for a look at all who hold one to be worth its time
log = logging.getLogger(__name__)


class Places:
    """Keeps the connections of a server; where nearly all places are taken, the weakest claims give theirs up.

    Else whoever holds them, which costs nothing but staying, would keep everybody else out.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken: set[TimedConnection] = set()
        self._may_find_room = True  # once little was found, not before the next look at the clock: it takes its time

    def __len__(self) -> int:
        """Count those that are taken."""
        return len(self._taken)

    def __iter__(self) -> Iterator[TimedConnection]:
        """Go through the connections; any of them may leave meanwhile."""
        return iter(tuple(self._taken))

    def take(self, newcomer: TimedConnection) -> bool:
        """Keep a connection; False when there are too many, none of which can be asked to go."""
        self._taken.add(newcomer)
        if len(self._taken) > self.most and self._may_find_room:
            self._may_find_room = self._find_room_for(newcomer)
        return len(self._taken) <= self.most

    def leave(self, connection: TimedConnection) -> None:
        """Give back the place of a connection that is closed."""
        self._taken.discard(connection)

    def clear_some(self) -> None:
        """Make room before it is needed; to be called at each look at the clock."""
        self._clear_of_silent()
        self._may_find_room = True

    def _find_room_for(self, newcomer: TimedConnection) -> bool:
        """Make room, and say whether so much was found that the next look will be worth its time, too."""
        least = self.most * LEAST_FOUND
        found = self._clear_of_silent()
        if found < least:
            found += self._clear_of_slow(newcomer)
        return found >= least

    def _clear_of_silent(self) -> int:
        """Let those go who were refused, whose head does not come, or who ask nothing; say how many went."""
        too_many = len(self._taken) - math.ceil(self.most * TAKEN_AT_MOST)
        if too_many <= 0:
            return 0
        weak = [pair for one in self._taken if (pair := (one.claim, one))[0][0] <= Claim.IDLES]
        return self._end_weakest(weak, too_many)

    def _clear_of_slow(self, newcomer: TimedConnection) -> int:
        """Let a tenth of those go who are in the middle of asking, and for longest; say how many went.

        Most clients are done with it in no time.
        """
        others = [(one.claim, one) for one in self._taken if one is not newcomer]
        asking = [pair for pair in others if pair[0][0] is Claim.ASKS]
        return self._end_weakest(asking, math.ceil(len(asking) / 10))

    def _end_weakest(self, some: Sequence[tuple[tuple[Claim, float], TimedConnection]], count: int) -> int:
        weakest = heapq.nsmallest(count, some, key=itemgetter(0))
        for _, connection in weakest:
            try:
                connection.give_way()
            except Exception:  # a fault with one is not the others' to bear
                log.exception("a connection whose place was needed could not be ended; the next look at the clock does")
                connection.deadline = 0.0
            else:
                self._taken.discard(connection)  # its place is free at once
        return len(weakest)
