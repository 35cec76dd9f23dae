"""A crew: a fixed number of threads of one worker process, so that it keeps many slow calls in flight."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable

from shortlink.domain.errors import StoreUnavailable

log = logging.getLogger(__name__)


class Crew:
    """Runs one function over the members it is handed, on its own threads."""

    def __init__(self, work: Callable[[str], None], *, size: int) -> None:
        self._work = work
        self._waiting: queue.Queue[str] = queue.Queue(maxsize=size)
        for number in range(size):
            threading.Thread(target=self._run, name=f"crew-{number}", daemon=True).start()

    def take(self, members: Iterable[str]) -> None:
        """Hand over members; waits while every hand is full, which holds further jobs back."""
        for member in members:
            self._waiting.put(member)

    def drain(self, seconds: float) -> bool:
        """Wait until all work is done, at most so long; False when some was left to its lease."""
        deadline = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.02)
        return not self._waiting.unfinished_tasks

    def _run(self) -> None:
        while True:
            member = self._waiting.get()
            try:
                self._work(member)
            except StoreUnavailable:
                log.warning("store away; the lease brings the item back")
            except Exception:  # one bad item must not end the thread; its lease brings it back
                log.exception("work on an item failed; the lease brings it back")
            finally:
                self._waiting.task_done()
