"""What time it is at the store, without asking it each time."""

from __future__ import annotations

import time

from shortlink.storage.steps import Steps


class StoreClock:
    """Knows how far the store's clock is ahead of this machine's; learnt once, and again when it proves wrong."""

    def __init__(self) -> None:
        self._ahead_ms: int | None = None

    def now(self) -> Steps[int]:
        """Estimate the store's time in UTC milliseconds. Raises StoreUnavailable when it has to ask and cannot."""
        if self._ahead_ms is None:
            yield from self.learn()
        return int(time.time() * 1000) + (self._ahead_ms or 0)

    def learn(self) -> Steps[None]:
        """Ask the store for its time."""
        seconds, micros = yield ("TIME",)
        self._ahead_ms = int(seconds) * 1000 + int(micros) // 1000 - int(time.time() * 1000)
