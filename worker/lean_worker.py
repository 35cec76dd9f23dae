"""RQ's worker, saying less: what it tells the store around every job costs several times what our jobs cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rq import SimpleWorker

TOLD_SECONDS = 5.0  # how often a sign of life and a look for `rq suspend` are enough; a worker's key lives much longer


class LeanWorker(SimpleWorker):
    """Runs jobs as RQ does, but tells and asks what concerns the worker itself every few seconds at most.

    `on_stop` is called in the signal handler when the worker is told to stop.
    """

    def __init__(self, *args: Any, on_stop: Callable[[], None], **options: Any) -> None:
        self._on_stop = on_stop
        self._told: dict[str, float] = {}
        super().__init__(*args, **options)

    def request_stop(self, signum: Any, frame: Any) -> None:
        """Stop after the job under way, which is told not to wait any more."""
        self._on_stop()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

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
