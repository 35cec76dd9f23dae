"""The events of past days as compressed files: `<sid>/<date>/<type>.jsonl.gz`, one JSON array a line."""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from shortlink.archive.shelf import DayShelf, FolderShelf, reaching
from shortlink.domain.errors import ArchiveUnavailable, DayFileDamaged

Row = list[Any]
_ENDING: Final = ".jsonl.gz"
_DAMAGED: Final = (
    OSError,
    EOFError,
    zlib.error,
    ValueError,
)  # ValueError is JSON's and UTF-8's


class DayFiles:
    """Rows that change no more, but when a person is erased. A file is there whole or not at all.

    They stand on a shelf, by default in the folder `logs` of the archive's. Every method raises ArchiveUnavailable
    while that cannot be reached.
    """

    def __init__(self, folder: Path, shelf: DayShelf | None = None) -> None:
        self._folder = folder / "logs"
        self._shelf = shelf or FolderShelf(self._folder)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keep other processes from changing files for as long as the `with` lasts; waits for them."""
        with reaching():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def write(self, account: str, day: str, name: str, rows: Iterable[Row]) -> None:
        """Keep the rows of one log of a day; what was kept before is replaced."""
        with (
            reaching(),
            self._shelf.filling(_name(account, day, name)) as raw,
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        ):
            for row in rows:
                packed.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def rows(self, account: str, day: str, name: str) -> Iterator[Row]:
        """Walk over the rows of one log of a day.

        Raises ArchiveUnavailable also when its file is missing, and DayFileDamaged, at the latest behind the last row
        that is whole.
        """
        try:
            with self._shelf.opened(_name(account, day, name)) as raw:
                if raw is None:
                    raise ArchiveUnavailable(f"the file of {name} of {day} is missing from where past days are kept")
                with gzip.open(raw, "rt", encoding="utf-8") as lines:
                    for line in lines:
                        yield json.loads(line)
        except _DAMAGED as error:
            raise DayFileDamaged(f"the file of {name} of {day} is damaged") from error

    def all(self) -> Iterator[tuple[str, str, str]]:
        """Walk over all files, by account and day: account, day, name of the log."""
        for path in sorted(self._shelf.names()):
            if path.endswith(_ENDING) and path.count("/") == 2:
                account, day, file = path.split("/")
                yield account, day, file.removesuffix(_ENDING)

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
        for path in list(self._shelf.names(f"{account}/{day}")):
            self._shelf.remove(path)

    def probe(self) -> None:
        """Find out whether files can be listed; changes nothing."""
        list(self._shelf.names("probe"))  # a folder that no account has

    def carry(self) -> int:
        """Bring files to their place that an earlier setting left in another; says how many."""
        strays = self._shelf.strays()
        for path in strays:
            with self.exclusively():
                self._shelf.carry(path)
        return len(strays)


def _name(account: str, day: str, name: str) -> str:
    return f"{account}/{day}/{name}{_ENDING}"
