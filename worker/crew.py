"""A crew: a fixed number of threads of one worker process, so that it keeps many slow calls in flight."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence

from shortlink.domain.errors import AccountUnreadable, RecordUnreadable, StoreUnavailable
from worker.trouble_log import TroubleLog

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.2  # how often one who waits for a free hand looks whether the crew goes home


class Crew:
    """Runs one function over the members it is handed, on its own threads.

    `pace` waits until some of so many members may be begun, and says how many. Once `closing` is set, nothing is taken.
    `trouble` is told when the store fails the work; whoever shares it says when that is over.
    """

    def __init__(
        self,
        work: Callable[[str], None],
        *,
        size: int,
        pace: Callable[[int], int] = lambda most: most,
        closing: threading.Event | None = None,
        trouble: TroubleLog | None = None,
    ) -> None:
        self._work = work
        self._pace = pace
        self._closing = closing or threading.Event()
        self._trouble = trouble or TroubleLog(log)
        self._waiting: queue.Queue[str] = queue.Queue(maxsize=max(1, size // 4))
        for number in range(size):
            threading.Thread(target=self._run, name=f"crew-{number}", daemon=True).start()

    def take(self, members: Sequence[str]) -> None:
        """Hand over members; waits while every hand is full, which holds further jobs back.

        What is left when the crew closes, or when the store is away, is not taken: the ledger offers it again.
        """
        begun = 0
        while begun < len(members) and not self._closing.is_set():
            try:
                paced = self._pace(len(members) - begun)
            except StoreUnavailable as error:  # what was offered comes back
                self._trouble.met(error)
                return
            for member in members[begun : begun + paced]:
                self._put(member)
            begun += paced

    def drain(self, seconds: float) -> bool:
        """Wait until all work is done, at most so long; False when some was left to its lease."""
        deadline = time.monotonic() + seconds
        while self._waiting.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.02)
        return not self._waiting.unfinished_tasks

    def _put(self, member: str) -> None:
        while not self._closing.is_set():
            try:
                self._waiting.put(member, timeout=LOOK_SECONDS)
            except queue.Full:
                continue
            return

    def _run(self) -> None:
        while True:
            member = self._waiting.get()
            try:
                self._work(member)
                self._trouble.is_over()
            except StoreUnavailable as error:  # the lease brings the item back
                self._trouble.met(error)
            except (RecordUnreadable, AccountUnreadable):  # told where it was met, each now and then
                log.debug("%s, or its account, cannot be read; the lease brings it back", member)
            except Exception:  # one bad item must not end the thread; its lease brings it back
                log.exception("work on %s failed; the lease brings it back", member)
            finally:
                self._waiting.task_done()
