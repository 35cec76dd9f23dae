"""Files of clicks that could not be stored: what a line is, how a file is read, kept to its owner, and settled."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from typing import IO

from shortlink.domain.click import Judgement, Verdict
from shortlink.storage.spool_aside import ASIDE, private, set_aside_lines

_TYPES = {"code": str, "at": int, "verdict": str, "rule": str, "spends": bool, "until": int}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpooledClick:
    """A hit that was answered from memory while the store was away. `at` in UTC milliseconds.

    `until` is the moment until which the store was asked to keep it, 0 where that is not known.
    """

    code: str
    at: int
    verdict: str
    rule: str
    spends: bool
    until: int = 0

    @property
    def judgement(self) -> Judgement:
        """The verdict as it was given at the time."""
        return Judgement(verdict=Verdict(self.verdict), rule=self.rule)

    def to_json(self) -> bytes:
        """Write the line of a spool file, its end included."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_json(cls, line: bytes) -> SpooledClick:
        """Read a line of a spool file. Raises ValueError or TypeError for what is no click."""
        given = {"until": 0} | json.loads(line)
        click = cls(**given)
        if {name: type(value) for name, value in given.items()} != _TYPES:
            raise TypeError("a field is of another type")
        if not (click.code + click.rule).isascii():
            raise ValueError("neither codes nor rules have such letters")
        Verdict(click.verdict)
        return click


@dataclass(slots=True, kw_only=True)
class Leftover:
    """A spool file under our lock; `kept` of its clicks are stored. `version` changes with whatever is in it."""

    path: Path
    version: tuple[int, int]
    clicks: list[SpooledClick]
    is_changed: bool  # some of its lines were set aside
    kept: int = 0

    def settle(self) -> None:
        """Leave in the file what is not stored; no file where nothing is left."""
        if self.kept == len(self.clicks):
            self.path.unlink()
        elif self.kept or self.is_changed:
            _replace(self.path, self.clicks[self.kept :])


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk: a file whose name a power cut takes is lost, whatever was in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(path: Path, clicks: Sequence[SpooledClick]) -> None:
    """Leave only these clicks in a file, and have them on the disk before the others are gone."""
    rest = path.with_suffix(".rest")
    with open(rest, "wb", opener=private) as file:
        file.writelines(click.to_json() for click in clicks)
        file.flush()
        os.fsync(file.fileno())
    rest.replace(path)


@contextmanager
def locked(path: Path) -> Iterator[IO[bytes] | None]:
    """Open a file and lock it; None when somebody else writes or replays it, or it is gone."""
    try:
        file = path.open("rb")
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


def _is_at(path: Path, file: IO[bytes]) -> bool:
    """Say whether a file that was opened is still the one of this name."""
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def can_be_removed(file: IO[bytes], folder: Path) -> bool:
    """Say whether this user may remove a file from a folder that it can write: from one like /tmp, owners alone."""
    seen = folder.stat()
    owners = (0, seen.st_uid, os.fstat(file.fileno()).st_uid)
    return not seen.st_mode & stat.S_ISVTX or os.geteuid() in owners


def changed_at(path: Path) -> float:
    """Say when a file was changed last, in Unix seconds; 0 for one that is gone."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # gone meanwhile, as its open will find


def read_leftover(path: Path, file: IO[bytes]) -> Leftover:
    """Read a file's clicks, the oldest first, and set aside the lines that are none."""
    clicks: list[SpooledClick] = []
    unreadable: list[bytes] = []
    for line in file:
        if not line.endswith(b"\n"):  # a cut line was never answered for
            continue
        try:
            clicks.append(SpooledClick.from_json(line))
        except (ValueError, TypeError):
            unreadable.append(line)
    if unreadable:
        set_aside_lines(path.with_suffix(ASIDE), unreadable)
    seen = os.fstat(file.fileno())
    return Leftover(
        path=path,
        version=(seen.st_ino, seen.st_mtime_ns),
        clicks=sorted(clicks, key=attrgetter("at")),
        is_changed=bool(unreadable),
    )
