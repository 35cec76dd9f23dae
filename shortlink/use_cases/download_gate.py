"""How many files may be on their way at once: each holds a file, or what is read for it, while its client takes it."""

from __future__ import annotations

import threading
from collections import Counter

from shortlink.domain.errors import TooManyDownloads

MOST = 64  # of all accounts, in one process
MOST_OF_ONE = 8  # account


class DownloadGate:
    """Counts downloads by account; from any thread."""

    def __init__(self, *, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()

    def enter(self, sid: str) -> None:
        """Begin a download of an account's. Raises TooManyDownloads."""
        with self._lock:
            own, all_ = self._under_way[sid], self._under_way.total()
            if own < self._most_of_one and all_ < self._most:
                self._under_way[sid] += 1
                return
        whose = f"{own} of your" if own >= self._most_of_one else f"{all_}"
        raise TooManyDownloads(f"{whose} files are being downloaded: wait until one has come, and ask again")

    def leave(self, sid: str) -> None:
        """Note that a download has ended, however it did."""
        with self._lock:
            self._under_way[sid] -= 1
            self._under_way += Counter()  # forgets who has none
