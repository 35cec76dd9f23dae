"""The spool: clicks that could not be stored, on the local disk until they can be."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.errors import StoreUnavailable

_SUFFIX = ".clicks"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledClick:
    """A hit that was answered from memory while the store was away. `at` in UTC milliseconds."""

    code: str
    at: int
    verdict: str
    rule: str
    spends: bool

    @property
    def judgement(self) -> Judgement:
        """The verdict as it was given at the time."""
        return Judgement(verdict=Verdict(self.verdict), rule=self.rule)


class ClickSpool:
    """One folder, one file a process; safe for many threads and for several processes.

    A file is locked by the process that writes it; what a dead process left behind is anybody's to replay.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._file: IO[str] | None = None

    def append(self, *clicks: SpooledClick) -> None:
        """Write clicks to the disk; when this returns, a kill or a power cut cannot lose them.

        Raises StoreUnavailable when the disk cannot take it either.
        """
        try:
            with self._lock:
                file = self._open()
                file.writelines(json.dumps(asdict(click)) + "\n" for click in clicks)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreUnavailable(f"the click spool cannot be written ({error.strerror})") from error

    def replay(self, keep: Callable[[SpooledClick], None]) -> int:
        """Hand every spooled click to `keep`, oldest first within a file, and count them.

        When `keep` raises, that click and those behind it stay spooled. A kill meanwhile hands some over again.
        """
        self._close()
        return sum(self._replay_file(path, keep) for path in sorted(self._folder.glob(f"*{_SUFFIX}")))

    def _replay_file(self, path: Path, keep: Callable[[SpooledClick], None]) -> int:
        count = 0
        with _locked(path) as file:
            if file is None:
                return 0
            clicks = list(_read(file))
            try:
                for click in clicks:
                    keep(click)
                    count += 1
            except StoreUnavailable:
                _replace(path, clicks[count:])
                raise
            path.unlink()
        return count

    def _open(self) -> IO[str]:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            begun = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.new"
            file = begun.open("a", encoding="utf-8")
            fcntl.flock(file, fcntl.LOCK_EX)
            # Named only when it is locked: a replay would take a file that nobody holds for one left behind, and
            # remove it under our hands.
            begun.rename(begun.with_suffix(_SUFFIX))
            self._file = file
        return self._file

    def _close(self) -> None:
        """Let go of the file under way, so that it can be replayed; the next click begins another."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _replace(path: Path, clicks: Sequence[SpooledClick]) -> None:
    """Leave only these clicks in a file, and have them on the disk before the others are gone."""
    rest = path.with_suffix(".rest")
    with rest.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(click)) + "\n" for click in clicks)
        file.flush()
        os.fsync(file.fileno())
    rest.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[IO[str] | None]:
    """Open a file and lock it; None when somebody else writes or replays it, or it is gone."""
    try:
        file = path.open("r", encoding="utf-8")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file if _is_at(path, file) else None


def _is_at(path: Path, file: IO[str]) -> bool:
    """Say whether a file that was opened is still the one of this name."""
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _read(file: IO[str]) -> Iterator[SpooledClick]:
    for line in file:
        if line.endswith("\n"):  # a cut line was never answered for
            yield SpooledClick(**json.loads(line))
