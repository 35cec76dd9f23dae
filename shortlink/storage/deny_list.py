"""The deny list: a file of hosts that no short link may lead to, read again when it changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from shortlink.domain.errors import SettingsError
from shortlink.domain.target import parse_hosts

LOOK_SECONDS = 1.0
_Mark = tuple[int, int, int]

log = logging.getLogger(__name__)


class DenyList:
    """Hosts of one file; safe for many threads, as each reads and replaces them whole."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the file. Raises SettingsError when it cannot be read or understood."""
        self._path = path
        self._clock = clock
        self._looked_at = clock()
        try:
            self._mark = self._look()
            self._hosts = parse_hosts(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"SHORTLINK_TARGET_DENY_FILE {path}: {_reason(error)}") from error

    def hosts(self) -> frozenset[str]:
        """Return the hosts; a changed file counts within a second, one that cannot be read changes nothing."""
        now = self._clock()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            try:
                self._read_if_changed()
            except (OSError, ValueError) as error:
                self._mark = (0, 0, 0)  # it is read again at the next look, changed or not
                log.warning("the deny list cannot be read (%s); the last one that could stays", _reason(error))
        return self._hosts

    def _read_if_changed(self) -> None:
        mark = self._look()
        if mark != self._mark:
            self._hosts = parse_hosts(self._path.read_text(encoding="utf-8"))
            self._mark = mark

    def _look(self) -> _Mark:
        found = self._path.stat()
        return found.st_mtime_ns, found.st_size, found.st_ino


def _reason(error: OSError | ValueError) -> str:
    return error.strerror or "cannot be read" if isinstance(error, OSError) else str(error)
