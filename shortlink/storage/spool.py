"""The spool: clicks that could not be stored, on the local disk until they can be."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import IO

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.errors import StoreUnavailable

log = logging.getLogger(__name__)
_SUFFIX = ".clicks"
_TYPES = {"code": str, "at": int, "verdict": str, "rule": str, "spends": bool}
_FILES_AT_ONCE = 200  # each is open meanwhile


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

    @classmethod
    def from_json(cls, line: bytes) -> SpooledClick:
        """Read a line of a spool file. Raises ValueError or TypeError for what is no click."""
        given = json.loads(line)
        click = cls(**given)
        if {name: type(value) for name, value in given.items()} != _TYPES:
            raise TypeError("a field is of another type")
        if not (click.code + click.rule).isascii():
            raise ValueError("neither codes nor rules have such letters")
        Verdict(click.verdict)
        return click


@dataclass(slots=True, kw_only=True)
class _Leftover:
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


class ClickSpool:
    """One folder, one file a process; safe for many threads and for several processes.

    A file is locked by the process that writes it; what a dead process left behind is anybody's to replay.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._told: set[Path] = set()
        self._stored: dict[tuple[int, int], int] = {}  # how many clicks of files, by version, that could not be settled

    def append(self, *clicks: SpooledClick) -> None:
        """Write clicks to the disk; when this returns, a kill or a power cut cannot lose them.

        Raises StoreUnavailable when the disk cannot take it either; then nothing of it is kept.
        """
        lines = "".join([json.dumps(asdict(click)) + "\n" for click in clicks]).encode()
        try:
            with self._lock:
                self._write(self._open(), lines)
        except OSError as error:
            raise StoreUnavailable(f"the click spool cannot be written ({error.strerror})") from error

    def replay(self, keep: Callable[[SpooledClick], None]) -> int:
        """Hand every spooled click to `keep`, oldest first, and count them.

        When `keep` raises, that click and those behind it stay spooled. A kill meanwhile hands some over again. Lines
        that cannot be read are set aside, each file's in one beside it that ends in `.unreadable`. A file that this
        user cannot remove waits: it would be handed over on and on.
        """
        self._close()
        paths = sorted(self._folder.glob(f"*{_SUFFIX}"), key=_changed_at)
        if paths and not os.access(self._folder, os.W_OK | os.X_OK):
            self._tell(self._folder, "cannot be written, so the clicks in it wait; let this user write the folder")
            return 0
        return sum(
            self._replay_files(paths[n : n + _FILES_AT_ONCE], keep) for n in range(0, len(paths), _FILES_AT_ONCE)
        )

    def _replay_files(self, paths: Sequence[Path], keep: Callable[[SpooledClick], None]) -> int:
        count = 0
        with ExitStack() as stack:
            files = [found for path in paths if (found := self._take(path, stack)) is not None]
            unstored = ((click.at, file) for file in files for click in file.clicks[file.kept :])
            waiting = sorted(unstored, key=itemgetter(0))
            for _, file in waiting:
                keep(file.clicks[file.kept])
                file.kept += 1
                count += 1
        return count

    def _take(self, path: Path, stack: ExitStack) -> _Leftover | None:
        """Lock and read a file for as long as the stack lasts; None when it is not to be had."""
        try:
            file = stack.enter_context(_locked(path))
            if file is None:
                return None
            if not _can_be_removed(file, self._folder):
                self._tell(path, "cannot be removed, so its clicks wait; let this user own it")
                return None
            found = _read(path, file)
        except OSError as error:
            self._tell(path, f"cannot be read ({error.strerror}), so its clicks wait; let this user read it")
            return None
        found.kept = self._stored.get(found.version, 0)
        stack.callback(self._settle, found)
        return found

    def _settle(self, found: _Leftover) -> None:
        """Take what is stored out of a file; where that fails, remember it, or it would count again in a second."""
        self._stored.pop(found.version, None)
        try:
            found.settle()
        except OSError as error:
            self._stored[found.version] = found.kept
            self._tell(
                found.path,
                f"still holds clicks that are stored ({error.strerror}), which would count again after a restart;"
                " make room, and let this user write the folder",
            )

    def _tell(self, path: Path, what: str) -> None:
        """Log, once of each file or folder, what is wrong with it and what to do."""
        if path not in self._told:
            self._told.add(path)
            log.error("click spool: %s %s", path, what)

    def _write(self, file: FileIO, lines: bytes) -> None:
        """Have lines on the disk, or none of them. Raises OSError."""
        size, written = os.fstat(file.fileno()).st_size, 0
        try:
            while written < len(lines):
                written += file.write(lines[written:])
            os.fsync(file.fileno())
        except OSError:
            self._take_back(file, size)
            raise

    def _take_back(self, file: FileIO, size: int) -> None:
        """Shorten a file to what was promised: whose click was refused taps again, and would count twice."""
        try:
            os.ftruncate(file.fileno(), size)
        except OSError:  # then the next click begins another file, or it would be one line with what lies here
            self._file = None
            file.close()

    def _open(self) -> FileIO:
        if self._file is None:
            self._make_folder()
            begun = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.new"
            file = FileIO(begun, "a", opener=_private)  # without a buffer, which would keep what the disk refused
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                # Named only when it is locked: a replay would take a file that nobody holds for one left behind, and
                # remove it under our hands.
                begun.rename(begun.with_suffix(_SUFFIX))
                _sync_folder(self._folder)
            except OSError:
                file.close()
                raise
            self._file = file
        return self._file

    def _make_folder(self) -> None:
        """Make the folder where there is none, and have its name on the disk too."""
        made = [folder for folder in (self._folder, *self._folder.parents) if not folder.exists()]
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in made:
            _sync_folder(folder.parent)

    def _close(self) -> None:
        """Let go of the file under way, so that it can be replayed; the next click begins another."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk: a file whose name a power cut takes is lost, whatever was in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private(path: str, flags: int) -> int:
    """Open a file that, if it is made, only its owner may read: a code tells whose message was opened."""
    return os.open(path, flags, 0o600)


def _replace(path: Path, clicks: Sequence[SpooledClick]) -> None:
    """Leave only these clicks in a file, and have them on the disk before the others are gone."""
    rest = path.with_suffix(".rest")
    with open(rest, "w", encoding="utf-8", opener=_private) as file:
        file.writelines(json.dumps(asdict(click)) + "\n" for click in clicks)
        file.flush()
        os.fsync(file.fileno())
    rest.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes] | None]:
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


def _can_be_removed(file: IO[bytes], folder: Path) -> bool:
    """Say whether this user may remove a file from a folder that it can write: from one like /tmp, owners alone."""
    seen = folder.stat()
    owners = (0, seen.st_uid, os.fstat(file.fileno()).st_uid)
    return not seen.st_mode & stat.S_ISVTX or os.geteuid() in owners


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # gone meanwhile, as its open will find


def _read(path: Path, file: IO[bytes]) -> _Leftover:
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
        _set_aside(path.with_suffix(".unreadable"), unreadable)
    seen = os.fstat(file.fileno())
    return _Leftover(
        path=path,
        version=(seen.st_ino, seen.st_mtime_ns),
        clicks=sorted(clicks, key=attrgetter("at")),
        is_changed=bool(unreadable),
    )


def _set_aside(path: Path, lines: Sequence[bytes]) -> None:
    with open(path, "wb", opener=_private) as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    log.error(
        "set aside %d lines of spooled clicks that cannot be read: mend them in %s and rename it to end in %s,"
        " or remove it",
        len(lines),
        path,
        _SUFFIX,
    )
