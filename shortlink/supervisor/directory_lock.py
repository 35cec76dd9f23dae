"""Who uses a data directory: two locks that the kernel keeps, and a note for people.

`lock` belongs to the one supervisor: held means that it lives, no process id need be trusted. Its text says who it is.
`processes.lock` is passed on to every process it starts: held means that at least one of them lives, also when the
supervisor was killed and they are still about to follow it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from shortlink.domain.errors import ShortlinkError

PATIENCE_SECONDS = 15.0  # the longest a killed supervisor's processes, or a short command, may still need
_LOOK_SECONDS = 0.05
_GLANCE_SECONDS = 0.3  # somebody who only looks holds the lock for an instant, while an old note still says `up`


class DirectoryInUse(ShortlinkError):
    """Another supervisor, or the processes of one, use the data directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupant:
    """Who holds a directory: `up` for as long as it likes, any other command for a moment.

    `key_check` is a fingerprint of the secret key in use; the addresses are None until the store answers.
    """

    pid: int
    command: str
    key_check: str | None = None
    redis_url: str | None = None
    simulator_url: str | None = None
    api_url: str | None = None
    link_url: str | None = None


def _nothing() -> None:
    pass


class DirectoryLock:
    """The claim of one process on one data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.was_left_behind = False
        self._note: Occupant | None = None
        self._own: int | None = None
        self._shared: int | None = None

    @property
    def inherited(self) -> int:
        """The descriptor that every started process inherits, so that the directory counts as in use until it ends."""
        if self._shared is None:
            raise RuntimeError("the directory is not claimed")
        return self._shared

    def claim(
        self, command: str, *, patience_seconds: float = PATIENCE_SECONDS, while_waiting: Callable[[], None] = _nothing
    ) -> None:
        """Take the directory. Raises DirectoryInUse at once when `up` runs on it.

        Waits for a command that only takes a moment, and for processes left by a supervisor that was killed, calling
        `while_waiting` now and then. Afterwards `was_left_behind` says whether the last run ended without releasing it.
        """
        deadline = time.monotonic() + patience_seconds
        self._own = self._lock_own(deadline)
        try:
            self.was_left_behind = bool(os.pread(self._own, 1, 0))
            self._write(Occupant(pid=os.getpid(), command=command))
            self._shared = self._lock_shared(deadline, while_waiting)
        except BaseException:
            self.release()
            raise

    def announce(
        self,
        *,
        key_check: str | None = None,
        redis_url: str | None = None,
        simulator_url: str | None = None,
        api_url: str | None = None,
        link_url: str | None = None,
    ) -> None:
        """Tell other commands on this directory what they need to join in."""
        if self._note is not None:
            note = replace(self._note, key_check=key_check, redis_url=redis_url, simulator_url=simulator_url)
            self._write(replace(note, api_url=api_url, link_url=link_url))

    def occupant(self) -> Occupant | None:
        """Say who holds the directory now; None when nobody does.

        A note is believed only while its lock is held.
        """
        try:
            descriptor = os.open(self.directory / "lock", os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            if _try_lock(descriptor):
                return None
            return _read_note(descriptor)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Give the directory back; call it when every started process has ended."""
        if self._own is not None:
            os.ftruncate(self._own, 0)
        for descriptor in (self._shared, self._own):
            if descriptor is not None:
                os.close(descriptor)
        self._own = self._shared = self._note = None

    def _lock_own(self, deadline: float) -> int:
        descriptor = _open(self.directory / "lock")
        glance_ends = time.monotonic() + _GLANCE_SECONDS
        while not _try_lock(descriptor):
            holder = _read_note(descriptor)
            stays = holder is not None and holder.command == "up"
            if time.monotonic() > (glance_ends if stays else deadline):
                os.close(descriptor)
                raise DirectoryInUse(_in_use(self.directory, holder))
            time.sleep(_LOOK_SECONDS)
        return descriptor

    def _lock_shared(self, deadline: float, while_waiting: Callable[[], None]) -> int:
        descriptor = _open(self.directory / "processes.lock")
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise DirectoryInUse(
                    f"{self.directory} is still in use by processes that an earlier run left behind; "
                    f"`fuser {self.directory / 'processes.lock'}` names them"
                )
            while_waiting()
            time.sleep(_LOOK_SECONDS)
        return descriptor

    def _write(self, note: Occupant) -> None:
        if self._own is None:
            raise RuntimeError("the directory is not claimed")
        self._note = note
        text = json.dumps(asdict(note)).encode()
        os.pwrite(self._own, text, 0)
        os.ftruncate(self._own, len(text))


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_note(descriptor: int) -> Occupant | None:
    try:
        return Occupant(**json.loads(os.pread(descriptor, 4096, 0)))
    except (ValueError, TypeError):  # not written yet, or being written
        return None


def _in_use(directory: Path, holder: Occupant | None) -> str:
    who = f"`shortlink {holder.command}` with process id {holder.pid}" if holder else "another process"
    return f"{directory} is in use by {who}; stop it first, or give another directory with --data"
