"""The archive's file: a connection a thread for readers, one transaction at a time for writers."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shortlink.archive.schema import STEPS
from shortlink.domain.errors import ArchiveUnavailable

PATIENCE_SECONDS = 10.0  # how long a writer waits for another's transaction
# Of pages kept in memory. Each thread of a door has a reader, and the system keeps the file's pages for all of them.
_READER_KIB, _WRITER_KIB = 2048, 4096
_LOOK_SECONDS = 0.02
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Archive:
    """`archive.db` in a folder. Safe for many threads and processes; nothing is opened before first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "archive.db"
        self._thread = threading.local()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that only reads and sees one instant for as long as the `with` lasts.

        Raises ArchiveUnavailable when no recorder has made the file yet, or it cannot be read.
        """
        connection = self._reader()
        if connection.in_transaction:  # the caller's caller reads already: the same instant
            yield connection
            return
        with _translated():
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection within a transaction of its own: kept as a whole at the end, undone by an exception.

        The first call makes the file and brings its tables up to date. Raises ArchiveUnavailable.
        """
        with _translated():
            connection = self._writer()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def check_in_place(self) -> None:
        """Raise ArchiveUnavailable when the file that this thread writes is not the one that stands there any more.

        It was moved away or removed: what is written into it, nobody will read. The next write makes it again.
        """
        kept = getattr(self._thread, "writer", None)
        if kept is not None and _inode_of(self.path) != self._thread.written:
            self._forget("writer")
            raise ArchiveUnavailable("the archive's file was moved away or removed; a running recorder makes it again")

    def settle(self) -> None:
        """Bring the log of changes into the file and empty it, so that nothing erased stays behind there."""
        with _translated():
            self._writer().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close this thread's connections."""
        self._forget("reader")
        self._forget("writer")

    def _forget(self, name: str) -> None:
        connection = self._thread.__dict__.pop(name, None)
        if connection is not None:
            connection.close()

    def _reader(self) -> sqlite3.Connection:
        kept: sqlite3.Connection | None = getattr(self._thread, "reader", None)
        file = _inode_of(self.path)
        if file is None:
            raise ArchiveUnavailable("the archive is not there yet; a running recorder makes it")
        if kept is None or file != self._thread.file:  # it may have been moved away and made again
            with _translated():
                kept = self._connect(_READER_KIB)
                kept.execute("PRAGMA query_only = ON")
                if kept.execute("PRAGMA user_version").fetchone()[0] < len(STEPS):
                    raise ArchiveUnavailable("the archive is being made; try again in a moment")
            self._thread.reader, self._thread.file = kept, file
        return kept

    def _writer(self) -> sqlite3.Connection:
        self.check_in_place()
        kept: sqlite3.Connection | None = getattr(self._thread, "writer", None)
        if kept is None:
            self._make_file()
            kept = self._connect(_WRITER_KIB)
            _use_wal(kept)
            kept.execute("PRAGMA synchronous = NORMAL")  # survives the process; the machine's last moment is read again
            kept.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten, also on the disk
            _migrate(kept)
            self._thread.writer, self._thread.written = kept, _inode_of(self.path)
        return kept

    def _make_file(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # it holds numbers
        except OSError as error:
            raise ArchiveUnavailable(f"cannot use {self.folder} for the archive: {error.strerror}") from error

    def _connect(self, cache_kib: int) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=PATIENCE_SECONDS, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        connection.row_factory = sqlite3.Row
        connection.execute(f"PRAGMA cache_size = -{cache_kib}")
        connection.execute("PRAGMA temp_store = FILE")
        return connection


def _inode_of(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


class _Connection(sqlite3.Connection):
    """Closes itself with the thread that has it, or when another takes its place."""

    def __del__(self) -> None:
        self.close()


def _use_wal(connection: sqlite3.Connection) -> None:
    """Keep changes in a log. SQLite does not wait for another process that is doing the same, so this does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_SECONDS)
        else:
            return


def _migrate(connection: sqlite3.Connection) -> None:
    """Run the steps that the file lacks, all or none; another process may be doing the same."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        stands_at = int(connection.execute("PRAGMA user_version").fetchone()[0])
        for step in STEPS[stands_at:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {max(stands_at, len(STEPS))}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _statements(script: str) -> Iterator[str]:
    """Take a script apart: sqlite3's own way to run one would end the transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):  # faults of ours
        raise
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise ArchiveUnavailable(f"the archive's file is damaged ({error}); it can be made again") from error
        raise ArchiveUnavailable(f"the archive cannot be used now ({error})") from error
