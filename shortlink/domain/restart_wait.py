"""How long to wait before something that ended is begun again: longer each time, until it lasts."""

from __future__ import annotations

from typing import Final

LONGEST_SECONDS: Final = 5.0
STEADY_SECONDS: Final = 30.0  # what lasted so long starts over with the shortest wait


class RestartWait:
    """The waits of one thing that is kept running."""

    def __init__(self, first_seconds: float = 0.1) -> None:
        self._first = self._next = first_seconds

    def after(self, lasted_seconds: float) -> float:
        """Say for how many seconds to wait, now that it ended after so long; doubles the next wait."""
        wait = self._first if lasted_seconds >= STEADY_SECONDS else self._next
        self._next = min(wait * 2, LONGEST_SECONDS)
        return wait
