"""Tell the log of taps that are turned away while the store is away: thousands a second, which would fill a disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

TOLD_EVERY_SECONDS = 1.0
log = logging.getLogger(__name__)


class Refusals:
    """Counts refused taps and logs one in a second, with how many there were; of one event loop.

    The last of a burst are told with the next that is refused; `/metrics` counts each.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told_at = float("-inf")
        self._untold = 0

    def note(self, request_id: str, reason: Exception) -> None:
        """Note that a tap was answered 503, and why."""
        now = self._clock()
        if now - self._told_at < TOLD_EVERY_SECONDS:
            self._untold += 1
            return
        log.warning(
            "store unavailable request_id=%s view=links.follow reason=%s; refused since the last such line: %d",
            request_id,
            reason,
            self._untold + 1,
        )
        self._told_at, self._untold = now, 0
