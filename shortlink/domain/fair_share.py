"""How many of a worker's threads one account may hold while others may want some.

The share follows what is free: an account alone gets three quarters of the threads, two that both want all get
three sevenths each, and so on; with any number of them some threads stay free for the next one. To endpoints that are
slow, or have not yet answered, an account gets as many threads as are left free, which is half when it is alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

QUICK_PER_FREE = 3  # threads that an account may hold for each that is free
SLOW_PER_FREE = 1
SLOW_ASK_AGAIN_SECONDS = 1.0
SPACING_SECONDS = 0.01  # between calls put off: a flood of them must not keep the workers busy with asking
LONGEST_QUEUE_SECONDS = 30.0


@dataclass(slots=True)
class AccountCalls:
    """One account's calls under way, by endpoint, and until when those that were put off stand in line."""

    by_endpoint: Counter[str] = field(default_factory=Counter)
    queued_until: float = 0.0

    def has_room(self, *, free: int, slow: frozenset[str] | None) -> bool:
        """Whether another call may begin while so many threads are free.

        `slow` names the account's slow endpoints if the call goes to one of them, and is None otherwise.
        """
        if not self.by_endpoint:
            return True
        if self.by_endpoint.total() >= QUICK_PER_FREE * free:
            return False
        return slow is None or sum(self.by_endpoint[name] for name in slow) < SLOW_PER_FREE * free

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
