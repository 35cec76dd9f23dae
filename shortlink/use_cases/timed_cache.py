"""A cache for a moment: what was read from the store just now is not asked for again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
KEPT_AT_MOST = 10_000


class TimedCache(Generic[Value]):
    """Remembers what `read` said of a key for some seconds; safe for many threads.

    Two threads may read the same at once: nobody waits for another's round trip.
    """

    def __init__(
        self, read: Callable[[str], Value], *, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Value]] = {}

    def __call__(self, key: str = "") -> Value:
        """Say what is known of a key, or read it. Raises what reading raises, which is not remembered."""
        now = self._clock()
        known = self._known.get(key)
        if known is not None and now < known[0]:
            return known[1]
        value = self._read(key)
        self.learn(key, value)
        return value

    def learn(self, key: str, value: Value) -> None:
        """Note what is known without reading."""
        now = self._clock()
        with self._lock:
            if len(self._known) >= KEPT_AT_MOST:
                self._known = {name: one for name, one in self._known.items() if one[0] > now}
            if len(self._known) < KEPT_AT_MOST:
                self._known[key] = (now + self._seconds, value)
