"""One SQLite connection for everything the simulator keeps: in memory, or in a file that outlives the process."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT UNIQUE NOT NULL, recipient TEXT NOT NULL, sender TEXT,
    service_sid TEXT, body TEXT NOT NULL, status TEXT NOT NULL, segments INTEGER NOT NULL, callback_url TEXT,
    created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, sent_at INTEGER, error_code INTEGER);
CREATE INDEX IF NOT EXISTS messages_by_recipient ON messages (recipient, seq);
CREATE TABLE IF NOT EXISTS steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL, due_at INTEGER NOT NULL, status TEXT NOT NULL,
    error_code INTEGER, changes INTEGER NOT NULL, notifies INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS steps_by_message ON steps (sid);
CREATE TABLE IF NOT EXISTS taps (
    id INTEGER PRIMARY KEY AUTOINCREMENT, sid TEXT NOT NULL, at INTEGER NOT NULL, visitor TEXT NOT NULL,
    url TEXT NOT NULL, status INTEGER, location TEXT, error TEXT);
CREATE INDEX IF NOT EXISTS taps_by_message ON taps (sid);
CREATE TABLE IF NOT EXISTS callbacks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,
    event_id TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL, verified INTEGER, answered INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS callbacks_by_event ON callbacks (path, event_id);
CREATE TABLE IF NOT EXISTS incoming (
    sid TEXT PRIMARY KEY, at INTEGER NOT NULL, phone TEXT NOT NULL, sender TEXT NOT NULL, body TEXT NOT NULL,
    status INTEGER, error TEXT);
CREATE INDEX IF NOT EXISTS incoming_by_phone ON incoming (phone, at);
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Database:
    """A connection shared by all threads, one transaction at a time.

    `version` grows with every transaction that writes, so that a page knows whether to draw itself again.
    Raises sqlite3.OperationalError when another simulator has the file: two would post every receipt twice.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.Lock()
        self.version = 0
        if path is not None:
            path.touch(mode=0o600)  # it holds numbers and texts; its journals get the same mode
        self._connection = sqlite3.connect(
            path or ":memory:", timeout=1.0, check_same_thread=False, isolation_level=None
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")  # survives the process, not the machine
        self._connection.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, also on the disk
        self._connection.executescript(_SCHEMA)

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run a transaction; an exception rolls it back."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
            self.version += 1

    def read(self, query: str, values: tuple[str | int, ...] = ()) -> list[sqlite3.Row]:
        """Run one query and return all its rows."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def settle(self) -> None:
        """Bring the log of changes into the file and empty it, so that nothing deleted stays behind there."""
        with self._lock:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; everything in it stays."""
        with self._lock:
            self._connection.close()


class SwitchStore:
    """Settings that are changed while the simulator runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Any:
        """Return a switch's value, or None."""
        found = self._database.read("SELECT value FROM switches WHERE name = ?", (name,))
        return json.loads(found[0]["value"]) if found else None

    def set(self, name: str, value: Any) -> None:
        """Keep a value that JSON can hold."""
        with self._database.write() as rows:
            rows.execute("INSERT OR REPLACE INTO switches VALUES (?, ?)", (name, json.dumps(value)))
