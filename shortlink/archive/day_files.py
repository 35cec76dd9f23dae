"""The events of past days as compressed files: `logs/<sid>/<date>/<type>.jsonl.gz`, one JSON array a line."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = list[Any]


class DayFiles:
    """Rows that change no more, but when a person is erased. A file is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "logs"

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keep other processes from changing files for as long as the `with` lasts; waits for them."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def write(self, account: str, day: str, name: str, rows: Iterable[Row]) -> None:
        """Keep the rows of one log of a day; what was kept before is replaced."""
        path = self._path(account, day, name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = path.with_suffix(".new")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
                for row in rows:
                    packed.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
            raw.flush()
            os.fsync(raw.fileno())
        unfinished.replace(path)

    def rows(self, account: str, day: str, name: str) -> Iterator[Row]:
        """Walk over the rows of one log of a day; none when there is no such file."""
        path = self._path(account, day, name)
        if not path.exists():
            return
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def all(self) -> Iterator[tuple[str, str, str]]:
        """Walk over all files: account, day, name of the log."""
        for path in sorted(self._folder.glob("*/*/*.jsonl.gz")):
            yield path.parts[-3], path.parts[-2], path.name.removesuffix(".jsonl.gz")

    def change(self, account: str, day: str, name: str, changed: Callable[[Row], bool]) -> int:
        """Let `changed` change the rows that it wants to and count them; a file without such rows stays as it is."""
        if not (count := sum(changed(row) for row in self.rows(account, day, name))):
            return 0

        def rows() -> Iterator[Row]:
            for row in self.rows(account, day, name):
                changed(row)
                yield row

        self.write(account, day, name, rows())
        return count

    def remove(self, account: str, day: str) -> None:
        """Remove all logs of a day."""
        shutil.rmtree(self._folder / account / day, ignore_errors=True)

    def _path(self, account: str, day: str, name: str) -> Path:
        return self._folder / account / day / f"{name}.jsonl.gz"
