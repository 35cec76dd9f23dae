"""When a call must be over."""

from __future__ import annotations

import time


class Deadline:
    """The moment at which a call must be over; belongs to one call in one thread."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left, more than none; raise TimeoutError when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this callback is up")
        return left

    def tighten(self, seconds: float) -> None:
        """Move the deadline to so many seconds from now, unless it is nearer already."""
        self._at = min(self._at, time.monotonic() + seconds)
