"""How many of a worker's threads one account may hold while others may want some.

The share follows what is free: an account alone gets three quarters of the threads, two that both want all get
three sevenths each, and so on; with any number of them some threads stay free for the next one. To endpoints that are
slow, or have not yet answered, an account gets as many threads as are left free, which is half when it is alone. An
endpoint that was never called is tried beyond that: it may well be a quick one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

QUICK_PER_FREE = 3  # threads that an account may hold for each that is free
TRIAL_PER_FREE = 2
SLOW_PER_FREE = 1
SLOW_ASK_AGAIN_SECONDS = 1.0
SPACING_SECONDS = 0.01  # between calls put off: a flood of them must not keep the workers busy with asking
LONGEST_QUEUE_SECONDS = 30.0


@dataclass(slots=True)
class AccountCalls:
    """One account's calls under way, by endpoint, and until when those that were put off stand in line."""

    by_endpoint: Counter[str] = field(default_factory=Counter)
    queued_until: float = 0.0

    def has_room(self, *, free: int) -> bool:
        """Whether a call to a quick endpoint may begin while so many threads are free."""
        return self.by_endpoint.total() < QUICK_PER_FREE * free or not self.by_endpoint

    def has_room_for_trial(self, *, free: int) -> bool:
        """Whether the first call to an endpoint may begin."""
        return self.by_endpoint.total() < TRIAL_PER_FREE * free or not self.by_endpoint

    def has_room_for_slow(self, slow: Iterable[str], *, free: int) -> bool:
        """Whether a call to one of the slow endpoints, which are named, may begin."""
        held = sum(self.by_endpoint[name] for name in slow)
        return self.has_room(free=free) and (held < SLOW_PER_FREE * free or not self.by_endpoint)

    def stand_in_line(self, now: float) -> float:
        """Give a slow call that was put off its place, in seconds from now."""
        earliest = max(now + SLOW_ASK_AGAIN_SECONDS, self.queued_until + SPACING_SECONDS)
        self.queued_until = min(earliest, now + LONGEST_QUEUE_SECONDS)
        return self.queued_until - now

    def enter(self, endpoint: str) -> None:
        """Begin a call."""
        self.by_endpoint[endpoint] += 1

    def leave(self, endpoint: str) -> None:
        """End a call."""
        self.by_endpoint[endpoint] -= 1
        if not self.by_endpoint[endpoint]:
            del self.by_endpoint[endpoint]
