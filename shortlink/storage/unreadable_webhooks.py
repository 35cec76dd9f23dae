"""Which webhooks could not be read when somebody needed them, for the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from shortlink.domain.errors import WebhookUnreadable
from shortlink.storage import keys
from shortlink.storage.seldom import Seldom

log = logging.getLogger(__name__)
LINE_SECONDS = 60  # between two lines of the log: they are looked at several times a second until they are mended


class UnreadableWebhooks:
    """Logs what was met, each an hour apart, and a line a minute at most; from any thread."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told = Seldom()
        self._line_at = float("-inf")

    def note(self, error: WebhookUnreadable) -> WebhookUnreadable:
        """Log which webhook it is, and what is wrong; gives the error back."""
        if self._is_due(f"{error.sid} {error.identifier}"):
            log.error("%s; it is told nothing until it is mended, and all others are: %s", error, error.mend)
        return error

    def note_errands(self, count: int) -> None:
        """Log that something asked for cannot be read."""
        if self._is_due(keys.WEBHOOK_ERRANDS):
            log.error(
                "%d of what is asked for in %s cannot be read, or only a later version knows it; it stays: %s",
                count,
                keys.WEBHOOK_ERRANDS,
                WebhookUnreadable.mend,
            )

    def _is_due(self, name: str) -> bool:
        now = self._clock()
        if now - self._line_at < LINE_SECONDS or not self._told.is_due(name, now):
            return False
        self._line_at = now
        return True
