"""What time it is at the store, without asking it each time."""

from __future__ import annotations

import time

from shortlink.storage.steps import Steps

_TRUSTED_SECONDS = 300.0  # two clocks that nobody sets drift apart by some 15 ms meanwhile
_DOUBTED_SECONDS = 1.0  # the same of a time that took long to come
_QUICK_SECONDS = 0.04


class StoreClock:
    """Knows how far the store's clock is ahead of this machine's; learnt now and then, and when it proves wrong."""

    def __init__(self) -> None:
        self._ahead_ms = 0
        self._known_until = 0.0

    @property
    def is_known(self) -> bool:
        """Whether the store's time was learnt of late; until it was learnt at all, `now` is this machine's."""
        return time.time() < self._known_until

    def now(self) -> int:
        """Estimate the store's time in UTC milliseconds."""
        return int(time.time() * 1000) + self._ahead_ms

    def learn(self) -> Steps[None]:
        """Ask the store for its time. Raises StoreUnavailable."""
        asked = time.time()
        seconds, micros = yield ("TIME",)
        came = time.time()
        self._ahead_ms = int(seconds) * 1000 + int(micros) // 1000 - int((asked + came) * 500)
        self._known_until = came + (_TRUSTED_SECONDS if came - asked < _QUICK_SECONDS else _DOUBTED_SECONDS)
