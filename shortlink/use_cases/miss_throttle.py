"""How many unknown codes one address may try: guessing codes must be hopeless."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from shortlink.domain.client_address import network_of

KEPT_AT_MOST = 50_000


class MissThrottle:
    """A bucket of allowed misses an address; an IPv6 customer is one /64. In memory, for each process.

    `processes` of one door share the allowance, each with its part, rounded up: they do not know of each other, and
    an address that opens many connections reaches them all.
    Misses are known once the store has answered: what an address asks at once is looked up at once, and what was too
    much of it is owed before it may ask again.
    An address whose bucket is empty is answered 429 for hits and misses alike: otherwise it could go on guessing.
    """

    def __init__(self, *, per_minute: int, processes: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = float(math.ceil(per_minute / processes))
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def blocks(self, address: str) -> int:
        """Return the seconds an address has to wait, 0 when it may ask."""
        if not self._size or not self._buckets:
            return 0
        left = self._left(network_of(address))
        return 0 if left >= 1 else int((1 - left) * 60 / self._size) + 1

    def note_miss(self, address: str) -> None:
        """Take one miss from an address's allowance."""
        network = network_of(address)
        left = self._left(network)
        with self._lock:
            self._buckets[network] = (self._clock(), left - 1)
            self._buckets.move_to_end(network)
            if len(self._buckets) > KEPT_AT_MOST:
                self._buckets.popitem(last=False)

    def _left(self, network: str) -> float:
        with self._lock:
            at, left = self._buckets.get(network, (0.0, self._size))
        return min(self._size, left + (self._clock() - at) * self._size / 60)
