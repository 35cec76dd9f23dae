"""How fast the carrier is called: the operator's limit, and the carrier's own wish when it has enough."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from shortlink.storage.pace import PaceStore

AT_ONCE_SECONDS = 0.1  # moments are reserved for this long at a time: few round trips, and little is lost by a kill
LOOK_SECONDS = 0.5  # how long another worker's hold may go unnoticed
AHEAD_SECONDS = 0.5  # how much the workers are handed ahead: what they hold has had its turn
FEW_AHEAD = 32  # two for each partition
BATON_AT_MOST_SECONDS = 5.0  # what a killed dispatcher may cost the others
HELD_AT_MOST_SECONDS = 30.0  # a carrier that asks for more is asked again after this


class CarrierPace:
    """Says when the next messages may go to the carrier; safe for many threads.

    `rate` is messages a second of all workers together, 0 for no limit. `sleep` waits for some seconds.
    """

    def __init__(
        self,
        store: PaceStore,
        *,
        rate: float,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._rate = rate
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._held_until = 0.0
        self._look_at = 0.0

    @property
    def at_once(self) -> int:
        """How many moments are reserved together; 0 without a limit."""
        return max(1, int(self._rate * AT_ONCE_SECONDS)) if self._rate else 0

    @property
    def is_slow(self) -> bool:
        """Whether so few messages go out that it matters which partition is asked next."""
        return 0 < self._rate * AHEAD_SECONDS < FEW_AHEAD

    def free_soon(self) -> int:
        """Count the moments within AHEAD_SECONDS that no worker has reserved yet. Raises StoreUnavailable.

        Needs a limit. The next one counts once it is that near, however far apart they are.
        """
        left = AHEAD_SECONDS - self._store.held_ms() / 1000
        return int(left * self._rate) + 1 if left >= 0 else 0

    def until_turn_to_offer(self) -> int:
        """Say in how many ms this dispatcher may offer messages; 0: now, and no other may. Raises StoreUnavailable.

        Needs a limit. Who offers goes on: of several, each would hand out the next moment, and each knows its own turns
        only. Another may once the next moment is there and nothing was offered for it.
        """
        return self._store.take_baton(min(BATON_AT_MOST_SECONDS, AHEAD_SECONDS + 1 / self._rate))

    def leave_offering(self) -> None:
        """Leave offering to another dispatcher at once. Raises StoreUnavailable."""
        if self.is_slow:
            self._store.drop_baton()

    def wait_for(self, most: int) -> int:
        """Wait until messages may go out, and say how many, from 1 to `most`. Raises StoreUnavailable."""
        if not self._rate:
            self._wait_while_held()
            return most
        count = min(most, self.at_once)
        self._sleep(self._store.reserve(count, rate=self._rate) / 1000)
        return count

    def give_back(self) -> None:
        """Give back a moment that is not needed: an id can lie in the queue twice, a message may end unsent."""
        if self._rate:
            self._store.give_back(rate=self._rate)

    def hold(self, seconds: float) -> None:
        """Hold all messages back, because the carrier asked for that; at most HELD_AT_MOST_SECONDS."""
        wait = min(seconds, HELD_AT_MOST_SECONDS)
        self._store.hold(int(wait * 1000))
        with self._lock:
            self._held_until = max(self._held_until, self._clock() + wait)

    def _wait_while_held(self) -> None:
        now = self._clock()
        if now >= self._look_at:
            held = self._store.held_ms() / 1000
            with self._lock:
                self._look_at = now + LOOK_SECONDS
                self._held_until = max(self._held_until, now + held) if held else self._held_until
        if (wait := self._held_until - now) > 0:
            self._sleep(wait)
