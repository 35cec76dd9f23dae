"""Where the files of past days stand: a folder, or whatever else can keep files by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from shortlink.domain.errors import ArchiveUnavailable, DayFileDamaged

_MARK: Final = "bucket"  # a file that holds the address of the bucket to which files of this folder went


class DayShelf(Protocol):
    """Keeps files by name, as in `<sid>/<date>/<log>.jsonl.gz`: whole or not at all.

    Every method raises ArchiveUnavailable while the files cannot be reached.
    """

    def names(self, under: str = "") -> Iterator[str]:
        """Walk over the names of all files, or of those in one folder, such as `<sid>/<date>`."""
        ...

    def opened(self, name: str) -> AbstractContextManager[IO[bytes] | None]:
        """Open a file to read, at once in full reach: nothing goes missing half-way. None when there is none."""
        ...

    def filling(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Give an empty file to write to; when the `with` ends well, it is kept for sure and replaces an older one."""
        ...

    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""
        ...

    def strays(self) -> list[str]:
        """Name the files that an earlier setting left in another place; all methods find them there as well."""
        ...

    def carry(self, name: str) -> None:
        """Bring such a file to its place; one that is not there any more is no error."""
        ...


class FolderShelf:
    """Files in a folder, for their owner alone."""

    def __init__(self, folder: Path, *, bucket: str | None = None) -> None:
        """Keep files in a folder; `bucket` is the address of the one that files of this folder may have gone to."""
        self._folder = folder
        self._bucket = bucket

    def names(self, under: str = "") -> Iterator[str]:
        self._check()
        with reaching():  # not by a pattern: that passes over folders which cannot be read
            walk = os.walk(self._folder / under, onerror=_raise_unless_missing)
            found = [Path(folder, file) for folder, _, files in walk for file in files if file.endswith(".gz")]
        for path in sorted(found):
            yield path.relative_to(self._folder).as_posix()

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes] | None]:
        self._check()
        try:
            file = (self._folder / name).open("rb")
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise DayFileDamaged("a file of a past day cannot be read") from error
        with file:
            yield file

    @contextmanager
    def filling(self, name: str) -> Iterator[IO[bytes]]:
        self._check()
        path = self._folder / name
        unfinished = path.with_suffix(".new")
        with reaching():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)

    def remove(self, name: str) -> None:
        self._check()
        path = self._folder / name
        with reaching():
            path.unlink(missing_ok=True)
            path.with_suffix(".new").unlink(missing_ok=True)  # of a write that was killed
            for folder in (path.parent, path.parent.parent):
                if folder != self._folder and folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()

    def strays(self) -> list[str]:
        return []

    def carry(self, name: str) -> None:
        """Do nothing: all files are in their place."""

    def note_bucket(self) -> None:
        """Keep a note that files go to the bucket from now on, before the first one does.

        Whoever opens this folder without knowing of that bucket is refused from then on: it would find no file there,
        and take a number out of none.
        """
        mark = self._folder / _MARK
        with reaching():
            if self._bucket is not None and not mark.exists():
                mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                unfinished = mark.with_suffix(".new")
                unfinished.write_text(f"{self._bucket}\n", encoding="utf-8")
                unfinished.replace(mark)

    def _check(self) -> None:
        with reaching():
            try:
                told = (self._folder / _MARK).read_text(encoding="utf-8").strip()
            except FileNotFoundError:
                return
        if told != self._bucket:
            raise ArchiveUnavailable(
                f"log files of past days are in a bucket that SHORTLINK_ARCHIVE_S3_URL does not name: {_MARK} in the"
                " folder logs of the archive tells which"
            )


@contextmanager
def reaching() -> Iterator[None]:
    """Raise ArchiveUnavailable for what the system refuses, without its path: customers read the text."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ArchiveUnavailable(f"log files of past days cannot be used now ({why})") from error


def _raise_unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # nothing was filed there yet, or it was removed meanwhile
        raise error
