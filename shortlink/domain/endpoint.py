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
ASK_AGAIN_SECONDS = 0.2
OPEN_SECONDS = 30.0
SLOW_SECONDS = 1.0  # an endpoint that takes longer holds our threads instead of using them


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
    quick: bool | None = None  # whether its last answer came within SLOW_SECONDS; None before the first
    heard_at: float = 0.0  # its last answer, or when the calls began that it has not answered
    results: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=WINDOW_CALLS))

    def wait(self, now: float) -> float:
        """Say in how many seconds to ask again before a call; 0.0 when it may begin now."""
        if now < self.open_until:
            return self.open_until - now
        limit = 1 if self.open_until and not self._healthy_since_open() else self.allowed
        return 0.0 if self.in_flight < limit else ASK_AGAIN_SECONDS

    def enter(self, now: float) -> float:
        """Begin a call and return 0.0, or return the seconds to wait before asking again."""
        wait = self.wait(now)
        if not wait:
            self.heard_at = self.heard_at if self.in_flight else now
            self.in_flight += 1
        return wait

    def leave(self, now: float, *, answered_well: bool | None, seconds: float = 0.0) -> None:
        """End a call of so many seconds: a good answer allows one more at a time, a bad one half as many.

        None when nothing was asked of the endpoint after all, which says nothing about it.
        """
        self.in_flight -= 1
        if answered_well is None:
            return
        self.heard_at, self.quick = now, seconds < SLOW_SECONDS
        self.results.append((now, answered_well))
        if answered_well:
            self.allowed = min(self.most_calls, self.allowed + 1)
            return
        self.allowed = max(1, self.allowed // 2)
        if self._failing(now):
            self.open_until = now + OPEN_SECONDS

    def slow(self, now: float) -> bool:
        """Whether calls to it may last: it has not yet shown that it answers soon, or does so no longer."""
        return self.quick is None or self.lags(now)

    def lags(self, now: float) -> bool:
        """Whether it is known to take its time, or is silent now."""
        return self.quick is False or self._silent(now)

    @property
    def idle(self) -> bool:
        """Whether nothing is lost by forgetting this endpoint."""
        return self.in_flight == 0

    def _silent(self, now: float) -> bool:
        return self.in_flight > 0 and now - self.heard_at > SLOW_SECONDS

    def _failing(self, now: float) -> bool:
        recent = [well for at, well in self.results if now - at <= WINDOW_SECONDS]
        return len(recent) >= LEAST_CALLS and recent.count(False) / len(recent) >= FAILING_SHARE

    def _healthy_since_open(self) -> bool:
        """Whether the last answer, the trial after the breaker was open, was a good one."""
        return bool(self.results) and self.results[-1][1]
