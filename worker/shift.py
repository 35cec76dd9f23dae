"""A shift: workers one after the other, each until the store fails it, and patience in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from redis.exceptions import RedisError

from shortlink.domain.errors import StoreUnavailable
from shortlink.domain.restart_wait import RestartWait
from worker.lean_worker import LeanWorker
from worker.rest import rest
from worker.trouble_log import TroubleLog

_FIRST_WAIT_SECONDS = 0.2


class Shift:
    """Keeps a worker at work until `closing` is set; a store that is away, full or read-only is waited for.

    `check` raises StoreUnavailable unless the store takes writes; `trouble` tells what is met, and that it is over.
    """

    def __init__(
        self,
        make_worker: Callable[[], LeanWorker],
        *,
        check: Callable[[], None],
        closing: threading.Event,
        trouble: TroubleLog,
    ) -> None:
        self._make_worker = make_worker
        self._check = check
        self._closing = closing
        self._wait = RestartWait(_FIRST_WAIT_SECONDS)
        self._trouble = trouble

    def run(self) -> None:
        """Work until told to stop."""
        while not self._closing.is_set():
            began = time.monotonic()
            trouble = self._work()
            if trouble is not None and not self._closing.is_set():
                self._trouble.met(trouble)
                rest(self._wait.after(time.monotonic() - began), self._closing.is_set)

    def _work(self) -> Exception | None:
        """Run one worker, and say what the store failed it with."""
        try:
            self._check()
            worker = self._make_worker()
            self._trouble.is_over()
            worker.work(logging_level="WARNING")
        except (StoreUnavailable, RedisError) as error:
            return error
        return self._cause(worker.trouble)

    def _cause(self, trouble: RedisError | None) -> Exception | None:
        """Let the store say in the service's own words what is the matter, if it still is."""
        if trouble is None:
            return None
        try:
            self._check()
        except StoreUnavailable as error:
            return error
        except RedisError:
            pass
        return trouble
