"""How a process tells that the store or the archive fails it: when it begins, now and then, and when it is over."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from shortlink.domain.errors import ArchiveUnavailable, StoreUnavailable
from shortlink.domain.store_mends import MENDS

AGAIN_SECONDS = 60.0
_WORDS_KEPT = 20
_STORE = "the store"


class TroubleLog:
    """Tells a trouble that is met with every try; from any thread.

    `check` raises StoreUnavailable unless the store takes writes: a try that only read does not show that it is well.
    """

    def __init__(
        self,
        log: logging.Logger,
        *,
        check: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._check = check
        self._clock = clock
        self._lock = threading.Lock()
        self._began: float | None = None
        self._whose = ""
        self._is_told = False
        self._told: dict[str, float] = {}

    def met(self, error: Exception) -> None:
        """Tell a trouble, unless it was told within the last minute; one that says little, unless any was."""
        whose, words, mend = _describe(error)
        with self._lock:
            now = self._clock()
            since = "" if self._began is None else f", for {now - self._began:.0f} s now"
            self._began, self._whose = (now, whose) if self._began is None else (self._began, self._whose)
            last = max(self._told.values(), default=None) if _says_little(error) else self._told.get(words)
            if last is not None and now - last < AGAIN_SECONDS:
                return
            if len(self._told) >= _WORDS_KEPT:
                self._told.clear()
            self._told[words], self._is_told = now, True
        self._log.warning("%s%s; trying again until it can. What to do: %s", words, since, mend)

    def is_over(self) -> None:
        """Tell that a try went well, if there was trouble and the store takes writes again."""
        if self._began is None:
            return
        try:
            self._check()
        except StoreUnavailable as error:
            self.met(error)
            return
        self._end()

    def store_took_a_write(self) -> None:
        """Tell that trouble of the store is over, if there was any; other trouble may go on."""
        if self._began is not None and self._whose == _STORE:
            self._end()

    def _end(self) -> None:
        with self._lock:
            began, told = self._began, self._is_told
            self._began, self._is_told = None, False
            seconds = self._clock() - (began or 0.0)
        if told:
            self._log.info("%s can be used again, after %.0f s; going on", self._whose, seconds)


def _says_little(error: Exception) -> bool:
    """Whether it is what follows from a trouble, and does not name one itself."""
    return not isinstance(error, ArchiveUnavailable) and getattr(error, "trouble", None) is None


def _describe(error: Exception) -> tuple[str, str, str]:
    """Say what the trouble is with, what it is, and what to do."""
    look = "see what `shortlink doctor` finds"
    if isinstance(error, StoreUnavailable):
        return _STORE, str(error), MENDS[error.trouble] if error.trouble else look
    if isinstance(error, ArchiveUnavailable):
        return "the archive", str(error), look
    return "the queue", f"the queue failed ({type(error).__name__})", look
