"""The gate before customers' endpoints: keeps one that hangs or fails from holding up the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from shortlink.domain.endpoint import Endpoint, endpoint_of

KEPT_AT_MOST = 10_000


class EndpointGate:
    """Counts the calls of this process to each endpoint; safe for many threads.

    Kept in memory: each worker process learns by itself, and a restart starts afresh.
    """

    def __init__(self, *, most_calls: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_calls = most_calls
        self._clock = clock
        self._lock = threading.Lock()
        self._endpoints: dict[str, Endpoint] = {}

    def enter(self, url: str) -> int:
        """Begin a call and return 0, or return the wait in ms before it may be asked for again."""
        with self._lock:
            if len(self._endpoints) >= KEPT_AT_MOST:
                self._endpoints = {name: one for name, one in self._endpoints.items() if not one.idle}
            endpoint = self._endpoints.setdefault(endpoint_of(url), Endpoint(most_calls=self._most_calls))
            return int(endpoint.enter(self._clock()) * 1000)

    def leave(self, url: str, *, answered_well: bool) -> None:
        """End a call that was begun."""
        with self._lock:
            self._endpoints[endpoint_of(url)].leave(self._clock(), answered_well=answered_well)
