"""The pace of each webhook: no more calls a second than it wants."""

from __future__ import annotations

import time
from collections.abc import Callable

BURST_SECONDS = 0.2  # what a webhook has not used for so long it may use at once


class Pace:
    """Counts the calls of this process; belongs to one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}

    def may_call(self, name: str, rate: float) -> bool:
        """Take one call of a webhook that wants `rate` a second, or say that it is too early."""
        now = self._clock()
        planned = max(self._next.get(name, 0.0), now - BURST_SECONDS)
        if planned > now:
            return False
        self._next[name] = planned + 1 / rate
        return True
