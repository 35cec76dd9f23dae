"""How a worker tells that the carrier fails it: when that begins, once a minute while it lasts, and when it is over."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from shortlink.domain.errors import CarrierError

log = logging.getLogger(__name__)
AGAIN_SECONDS = 60.0


class CarrierTrouble:
    """Tells of messages that the carrier did not take through no fault of theirs; from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._began: float | None = None
        self._told = float("-inf")
        self._met = 0

    def met(self, error: CarrierError) -> None:
        """Note a message that was not taken, or perhaps not, and tell it unless one was told within the last minute."""
        with self._lock:
            now = self._clock()
            self._began = now if self._began is None else self._began
            self._met += 1
            if now - self._told < AGAIN_SECONDS:
                return
            since, met, self._told, self._met = now - self._began, self._met, now, 0
        log.warning(
            "the carrier does not take messages as it should, for %.0f s now: %s They wait and are tried again by"
            " themselves; tries since the last such line: %d. What to do: see what `shortlink doctor` finds",
            since,
            error.reason,
            met,
        )

    def is_over(self) -> None:
        """Note that the carrier took a message, and tell it after trouble."""
        if self._began is None:
            return
        with self._lock:
            began, self._began = self._began, None
            self._told, self._met = float("-inf"), 0
        if began is not None:
            log.info("the carrier takes messages again, after %.0f s", self._clock() - began)
