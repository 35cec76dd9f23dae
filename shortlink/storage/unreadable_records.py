"""Which records could not be read when somebody needed them: for the log, and for those who look after the store."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from shortlink.domain.errors import RecordUnreadable, StoreUnavailable
from shortlink.storage import keys

if TYPE_CHECKING:
    from shortlink.storage.connection import Store

log = logging.getLogger(__name__)
AGAIN_SECONDS = 3600  # a record that is met all the time is told this often
MOST = 100  # that are remembered: what is more is for `shortlink audit`, which reads every record
KEPT_SECONDS = 90 * 86_400


class UnreadableRecords:
    """Notes what was met, from any thread; an older note does not mean that a record is still damaged."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._told: dict[str, float] = {}

    def note(self, error: RecordUnreadable) -> None:
        """Log which record it is and remember it in the store, if that takes it; seldom for the same one."""
        now = time.time()
        if now - self._told.get(error.code, 0.0) < AGAIN_SECONDS:
            return
        if len(self._told) >= MOST:
            self._told.clear()
        self._told[error.code] = now
        log.error(
            "the message at %s cannot be read and is left out: %s; `shortlink audit` finds all such records",
            keys.record(error.code),
            error.reason,
        )
        with suppress(StoreUnavailable):
            pipe = self._store.pipeline(transaction=False)
            pipe.zadd(keys.UNREADABLE, {error.code: now})
            pipe.zremrangebyrank(keys.UNREADABLE, 0, -MOST - 1)
            pipe.expire(keys.UNREADABLE, KEPT_SECONDS)
            pipe.execute()

    def noted(self) -> list[str]:
        """List the codes of the records that were met, newest first. Raises StoreUnavailable."""
        return [str(code) for code in self._store.zrevrange(keys.UNREADABLE, 0, -1)]
