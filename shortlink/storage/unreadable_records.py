"""Which records could not be read when somebody needed them: for the log, and for those who look after the store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from redis.exceptions import ResponseError

from shortlink.domain.errors import RecordUnreadable, StoreUnavailable
from shortlink.storage import keys
from shortlink.storage.seldom import Seldom

if TYPE_CHECKING:
    from shortlink.storage.connection import Store
    from shortlink.storage.steps import Steps

log = logging.getLogger(__name__)
LINE_SECONDS = 60  # between two lines of the log: a campaign's records may all be damaged, and tapped at once
MOST = 100  # that are remembered: what is more is for `shortlink audit`, which reads every record
KEPT_SECONDS = 90 * 86_400


class UnreadableRecords:
    """Notes what was met, from any thread; an older note does not mean that a record is still damaged."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._kept = Seldom()
        self._told = Seldom()
        self._line_at = float("-inf")

    def note(self, error: RecordUnreadable) -> None:
        """Log which record it is and remember it in the store, if that takes it; seldom for the same one.

        The log gets a line a minute at most; a record that it did not name is named when it is met again later.
        """
        self._store.line.perform(self.note_steps(error))

    def note_steps(self, error: RecordUnreadable) -> Steps[None]:
        """Note a record as `note` does, on any line."""
        now = self._clock()
        if now - self._line_at >= LINE_SECONDS and self._told.is_due(error.code, now):
            self._line_at = now
            _log(error)
        if self._kept.is_due(error.code, now):
            with suppress(StoreUnavailable, ResponseError):
                yield ("ZADD", keys.UNREADABLE, now, error.code)
                yield ("ZREMRANGEBYRANK", keys.UNREADABLE, 0, -MOST - 1)
                yield ("EXPIRE", keys.UNREADABLE, KEPT_SECONDS)

    def noted(self) -> list[str]:
        """List the codes of the records that were met, newest first. Raises StoreUnavailable."""
        return [str(code) for code in self._store.zrevrange(keys.UNREADABLE, 0, -1)]


def _log(error: RecordUnreadable) -> None:
    log.error(
        "the message at %s cannot be read and is left out: %s; `shortlink audit` finds all such records",
        keys.record(error.code),
        error.reason,
    )
