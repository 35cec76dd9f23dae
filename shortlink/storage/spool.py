"""The spool: clicks that could not be stored, on the local disk until they can be."""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from io import FileIO
from operator import itemgetter
from pathlib import Path

from shortlink.domain.errors import RecordUnreadable, StoreUnavailable
from shortlink.storage.spool_aside import SUFFIX, private, set_aside_click
from shortlink.storage.spool_file import (
    Leftover,
    SpooledClick,
    can_be_removed,
    changed_at,
    locked,
    read_leftover,
    sync_folder,
)

__all__ = ["ClickSpool", "SpooledClick"]

log = logging.getLogger(__name__)
_FILES_AT_ONCE = 200  # each is open meanwhile


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
        lines = b"".join([click.to_json() for click in clicks])
        try:
            with self._lock:
                self._write(self._open(), lines)
        except OSError as error:
            raise StoreUnavailable(f"the click spool cannot be written ({error.strerror})") from error

    def replay(self, keep: Callable[[SpooledClick], None]) -> int:
        """Hand every spooled click to `keep`, oldest first, and count them.

        When `keep` raises, that click and those behind it stay spooled. A kill meanwhile hands some over again. Lines
        that cannot be read are set aside, each file's in one beside it that ends in `.unreadable`, and so is a click
        for which `keep` raises RecordUnreadable. A file that this user cannot remove waits: it would be handed over on
        and on.
        """
        self._close()
        paths = sorted(self._folder.glob(f"*{SUFFIX}"), key=changed_at)
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
                count += self._hand_over(file.clicks[file.kept], keep)
                file.kept += 1
        return count

    def _hand_over(self, click: SpooledClick, keep: Callable[[SpooledClick], None]) -> bool:
        """Have a click kept, or set it aside for when its record was mended: those behind it need not wait for that."""
        try:
            keep(click)
        except RecordUnreadable:
            try:
                set_aside_click(self._folder, click.to_json())
            except OSError as error:
                raise StoreUnavailable(f"the click spool cannot be written ({error.strerror})") from error
            return False
        return True

    def _take(self, path: Path, stack: ExitStack) -> Leftover | None:
        """Lock and read a file for as long as the stack lasts; None when it is not to be had."""
        try:
            file = stack.enter_context(locked(path))
            if file is None:
                return None
            if not can_be_removed(file, self._folder):
                self._tell(path, "cannot be removed, so its clicks wait; let this user own it")
                return None
            found = read_leftover(path, file)
        except OSError as error:
            self._tell(path, f"cannot be read ({error.strerror}), so its clicks wait; let this user read it")
            return None
        found.kept = self._stored.get(found.version, 0)
        stack.callback(self._settle, found)
        return found

    def _settle(self, found: Leftover) -> None:
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
            file = FileIO(begun, "a", opener=private)  # without a buffer, which would keep what the disk refused
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                # Named only when it is locked: a replay would take a file that nobody holds for one left behind, and
                # remove it under our hands.
                begun.rename(begun.with_suffix(SUFFIX))
                sync_folder(self._folder)
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
            sync_folder(folder.parent)

    def _close(self) -> None:
        """Let go of the file under way, so that it can be replayed; the next click begins another."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None
