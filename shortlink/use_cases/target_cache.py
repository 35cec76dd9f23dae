"""A cache of the targets that this process saw lately, for the time that the store is away."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

KEPT_SECONDS = 60.0  # a link that was switched off or expired may live on this long, and only while the store is away
KEPT_AT_MOST = 10_000


class TargetCache:
    """Targets by code, each for a minute; safe for many threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._targets: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def keep(self, code: str, target: str) -> None:
        """Remember a target that the store just gave."""
        with self._lock:
            self._targets[code] = (self._clock(), target)
            self._targets.move_to_end(code)
            if len(self._targets) > KEPT_AT_MOST:
                self._targets.popitem(last=False)

    def recall(self, code: str) -> str | None:
        """Return a remembered target, unless it is too old to be believed."""
        with self._lock:
            at, target = self._targets.get(code, (0.0, ""))
        return target if target and self._clock() - at <= KEPT_SECONDS else None

    def forget(self, code: str) -> None:
        """Forget a target, because the store says that it leads nowhere."""
        with self._lock:
            self._targets.pop(code, None)
