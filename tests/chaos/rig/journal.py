"""A journal: what somebody saw, line by line, on the disk before anything else happens."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Journal:
    """Append entries from many threads; each one is on the disk when `note` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")

    def note(self, **entry: Any) -> None:
        """Write one entry."""
        line = json.dumps(entry) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()
            os.fsync(self._file.fileno())

    def entries(self) -> Iterator[dict[str, Any]]:
        """Read everything back from the disk, oldest first."""
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)

    def close(self) -> None:
        self._file.close()


@contextmanager
def journals(*names: str) -> Iterator[list[Journal]]:
    """Open journals in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        opened = [Journal(Path(folder) / name) for name in names]
        try:
            yield opened
        finally:
            for journal in opened:
                journal.close()
