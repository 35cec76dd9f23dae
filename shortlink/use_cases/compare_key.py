"""Compare the secret key with the one that the store was filled with."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from shortlink.storage.key_note import KeyNote
from shortlink.storage.seldom import Seldom

log = logging.getLogger(__name__)
WRONG_KEY = (
    "SHORTLINK_SECRET_KEY is not the one that this store was filled with: no token works, opt-outs are not known and"
    " signatures are not right"
)


class KeyWatch:
    """Looks whether this process has the store's own key; the first that ever looked decided which one that is."""

    def __init__(self, note: KeyNote, check: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._note = note
        self._check = check
        self._clock = clock
        self._told = Seldom()

    def look(self) -> None:
        """Log a wrong key, once an hour at most. Raises StoreUnavailable."""
        if self._note.note(self._check) != self._check and self._told.is_due("key", self._clock()):
            log.error("%s; `shortlink doctor` says how to mend it", WRONG_KEY)
