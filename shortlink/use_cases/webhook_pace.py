"""The pace of each webhook: no more calls a second than it wants."""

from __future__ import annotations

import time
from collections.abc import Callable

TIDY_FROM = 1000  # webhooks that are remembered before any is forgotten
BURST_SECONDS = 0.2  # what a webhook has not used for so long it may use at once


class Pace:
    """Counts the calls of this process; belongs to one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next: dict[str, float] = {}
        self._tidy_from = TIDY_FROM

    def may_call(self, name: str, rate: float) -> bool:
        """Take one call of a webhook that wants `rate` a second, or say that it is too early."""
        now = self._clock()
        planned = max(self._next.get(name, 0.0), now - BURST_SECONDS)
        if planned > now:
            return False
        self._next[name] = planned + 1 / rate
        if len(self._next) > self._tidy_from:
            self._tidy(now)
        return True

    def __len__(self) -> int:
        """Count the webhooks that are remembered."""
        return len(self._next)

    def _tidy(self, now: float) -> None:
        """Forget the webhooks that have to wait for nothing: they are as if never called."""
        self._next = {name: at for name, at in self._next.items() if at > now - BURST_SECONDS}
        self._tidy_from = max(TIDY_FROM, 2 * len(self._next))
