"""What time it is at the store, without asking it each time."""

from __future__ import annotations

import time

from shortlink.storage.steps import Steps


class StoreClock:
    """Knows how far the store's clock is ahead of this machine's; learnt once, and again when it proves wrong."""

    def __init__(self) -> None:
        self._ahead_ms: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether the store's time was learnt; until then `now` is this machine's."""
        return self._ahead_ms is not None

    def now(self) -> int:
        """Estimate the store's time in UTC milliseconds."""
        return int(time.time() * 1000) + (self._ahead_ms or 0)

    def learn(self) -> Steps[None]:
        """Ask the store for its time. Raises StoreUnavailable."""
        seconds, micros = yield ("TIME",)
        self._ahead_ms = int(seconds) * 1000 + int(micros) // 1000 - int(time.time() * 1000)
