"""An endpoint: one customer's receiver, and how much of it we may ask at a time.

A healthy endpoint soon gets many calls at once; one that hangs holds a few of ours and, once it has failed
often enough, none for a while. Times are monotonic seconds, handed in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

FIRST_CALLS = 4
WINDOW_SECONDS = 300.0
WINDOW_CALLS = 50
LEAST_CALLS = 10  # fewer tell nothing
FAILING_SHARE = 0.7
OPEN_SECONDS = 30.0


def endpoint_of(url: str) -> str:
    """Name the endpoint of a URL: scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


@dataclass(slots=True)
class Endpoint:
    """The calls under way to one endpoint, how many it may have, and whether its breaker is open."""

    most_calls: int
    allowed: int = FIRST_CALLS
    in_flight: int = 0
    open_until: float = 0.0
    results: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=WINDOW_CALLS))

    def enter(self, now: float) -> float:
        """Begin a call and return 0.0, or return the seconds to wait before asking again."""
        if now < self.open_until:
            return self.open_until - now
        limit = 1 if self.open_until and not self._healthy_since_open() else self.allowed
        if self.in_flight >= limit:
            return 0.2
        self.in_flight += 1
        return 0.0

    def leave(self, now: float, *, answered_well: bool) -> None:
        """End a call: a good answer allows one more at a time, a bad one half as many."""
        self.in_flight -= 1
        self.results.append((now, answered_well))
        if answered_well:
            self.allowed = min(self.most_calls, self.allowed + 1)
            return
        self.allowed = max(1, self.allowed // 2)
        if self._failing(now):
            self.open_until = now + OPEN_SECONDS

    @property
    def idle(self) -> bool:
        """Whether nothing is lost by forgetting this endpoint."""
        return self.in_flight == 0

    def _failing(self, now: float) -> bool:
        recent = [well for at, well in self.results if now - at <= WINDOW_SECONDS]
        return len(recent) >= LEAST_CALLS and recent.count(False) / len(recent) >= FAILING_SHARE

    def _healthy_since_open(self) -> bool:
        """Whether the last answer, the trial after the breaker was open, was a good one."""
        return bool(self.results) and self.results[-1][1]
