"""RQ's worker, saying less: what it tells the store around every job costs several times what our jobs cost."""

from __future__ import annotations

import time
from typing import Any

from rq import SimpleWorker

TOLD_SECONDS = 5.0  # how often a sign of life and a look for `rq suspend` are enough; a worker's key lives much longer


class LeanWorker(SimpleWorker):
    """Runs jobs as RQ does, but tells and asks what concerns the worker itself every few seconds at most."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._told: dict[str, float] = {}
        super().__init__(*args, **options)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Tell that the worker lives, when that was not told lately."""
        if pipeline is not None or self._is_time("heartbeat"):
            super().heartbeat(timeout, pipeline)

    def set_state(self, state: str, pipeline: Any = None) -> None:
        """Tell whether the worker is busy, when nothing was told lately: jobs take a moment only."""
        if pipeline is not None or self._is_time("state"):
            super().set_state(state, pipeline)
        else:
            self._state = state

    def check_for_suspension(self, burst: bool) -> None:
        """Look every few seconds whether `rq suspend` was called."""
        if burst or self._is_time("suspension"):
            super().check_for_suspension(burst)

    def _is_time(self, what: str) -> bool:
        now = time.monotonic()
        if now - self._told.get(what, -TOLD_SECONDS) < TOLD_SECONDS:
            return False
        self._told[what] = now
        return True
