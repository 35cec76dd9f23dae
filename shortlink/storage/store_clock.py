"""What time it is at the store, without asking it each time."""

from __future__ import annotations

import time

from shortlink.storage.connection import Store


class StoreClock:
    """Knows how far the store's clock is ahead of this machine's; learnt once, and again when it proves wrong."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ahead_ms: int | None = None

    def now(self) -> int:
        """Estimate the store's time in UTC milliseconds. Raises StoreUnavailable when it has to ask and cannot."""
        if self._ahead_ms is None:
            self.learn()
        return int(time.time() * 1000) + (self._ahead_ms or 0)

    def learn(self) -> None:
        """Ask the store for its time."""
        seconds, micros = self._store.time()
        self._ahead_ms = seconds * 1000 + micros // 1000 - int(time.time() * 1000)
