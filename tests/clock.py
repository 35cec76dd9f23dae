"""A clock that stands still until a test sets it."""

from __future__ import annotations


class Clock:
    """Tells `now`, in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now
