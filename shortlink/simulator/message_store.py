"""Keep messages, what is still going to happen to them, and the taps on their links."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from shortlink.simulator.database import Database
from shortlink.simulator.sms import Sms, SmsStatus, Step, Tap


class MessageStore:
    """The messages of the account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, sms: Sms, steps: Iterable[Step]) -> tuple[Step, ...]:
        """Store a message with its steps, all or nothing, and return the steps with their ids."""
        with self._database.write() as rows:
            rows.execute(
                "INSERT INTO messages (sid, recipient, sender, service_sid, body, status, segments, callback_url,"
                " created_at, updated_at, sent_at, error_code)"
                " VALUES (:sid, :recipient, :sender, :service_sid, :body, :status, :segments, :callback_url,"
                " :created_at, :updated_at, :sent_at, :error_code)",
                _values(sms),
            )
            return tuple(replace(step, id=_insert_step(rows, step)) for step in steps)

    def get(self, sid: str) -> Sms | None:
        """Look a message up."""
        found = self._database.read("SELECT * FROM messages WHERE sid = ?", (sid,))
        return _sms(found[0]) if found else None

    def list(
        self,
        conditions: Sequence[tuple[str, str | int]] = (),
        *,
        newest_first: bool = True,
        limit: int = -1,
        offset: int = 0,
    ) -> Sequence[Sms]:
        """List the messages for which all conditions hold: pairs of our own SQL with one `?`, and its value."""
        where = "WHERE " + " AND ".join(sql for sql, _ in conditions) if conditions else ""
        order = "DESC" if newest_first else "ASC"
        query = f"SELECT * FROM messages {where} ORDER BY seq {order} LIMIT ? OFFSET ?"  # noqa: S608  # no input in it
        return [_sms(row) for row in self._database.read(query, (*(value for _, value in conditions), limit, offset))]

    def threads(self, limit: int) -> Sequence[tuple[Sms, int]]:
        """List the newest message of every recipient with the number of messages there, the latest first."""
        query = (  # SQLite takes the other columns from the row that has the maximum
            "SELECT *, max(seq) AS newest, count(*) AS size FROM messages GROUP BY recipient"
            " ORDER BY newest DESC LIMIT ?"
        )
        return [(_sms(row), int(row["size"])) for row in self._database.read(query, (limit,))]

    def change(self, sid: str, status: SmsStatus, now: int) -> None:
        """Set a status outside the planned course."""
        with self._database.write() as rows:
            _change(rows, sid, status, None, now)

    def cancel(self, sid: str, now: int) -> bool:
        """Call a scheduled message off; False if it is no longer scheduled."""
        with self._database.write() as rows:
            found = rows.execute("SELECT status FROM messages WHERE sid = ?", (sid,)).fetchone()
            if not found or found["status"] != SmsStatus.SCHEDULED:
                return False
            rows.execute("DELETE FROM steps WHERE sid = ?", (sid,))
            _change(rows, sid, SmsStatus.CANCELED, None, now)
            return True

    def redact(self, sid: str, now: int) -> None:
        """Empty a message's body."""
        with self._database.write() as rows:
            rows.execute("UPDATE messages SET body = '', updated_at = ? WHERE sid = ?", (now, sid))

    def delete(self, sid: str | None = None) -> int:
        """Delete one message or all of them, with their steps and taps; return how many there were."""
        with self._database.write() as rows:
            rows.execute("DELETE FROM steps WHERE sid = coalesce(?, sid)", (sid,))
            rows.execute("DELETE FROM taps WHERE sid = coalesce(?, sid)", (sid,))
            return rows.execute("DELETE FROM messages WHERE sid = coalesce(?, sid)", (sid,)).rowcount


class StepStore:
    """What is still going to happen to the messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self) -> list[Step]:
        """List the steps that are still to come."""
        return [_step(row) for row in self._database.read("SELECT * FROM steps ORDER BY due_at, id")]

    def begin(self, step: Step, now: int) -> Sms | None:
        """Carry out a step and return the message as it stands then; None if the step was called off.

        A step that notifies stays until `finish`, so that a restart in between posts its receipt again.
        """
        with self._database.write() as rows:
            if not rows.execute("SELECT 1 FROM steps WHERE id = ?", (step.id,)).fetchone():
                return None
            if step.changes:
                _change(rows, step.sid, step.status, step.error_code, now)
            if not step.notifies:
                rows.execute("DELETE FROM steps WHERE id = ?", (step.id,))
            return _sms(rows.execute("SELECT * FROM messages WHERE sid = ?", (step.sid,)).fetchone())

    def finish(self, step: Step) -> None:
        """Forget a step whose receipt was posted."""
        with self._database.write() as rows:
            rows.execute("DELETE FROM steps WHERE id = ?", (step.id,))


class TapStore:
    """The taps on the links of the messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, tap: Tap) -> None:
        """Note a tap and what came of it."""
        with self._database.write() as rows:
            rows.execute(
                "INSERT INTO taps (sid, at, visitor, url, status, location, error)"
                " VALUES (:sid, :at, :visitor, :url, :status, :location, :error)",
                _values(tap),
            )

    def list(self, sid: str) -> list[Tap]:
        """List the taps on one message's links, oldest first."""
        return [_tap(row) for row in self._database.read("SELECT * FROM taps WHERE sid = ? ORDER BY id", (sid,))]

    def by_message(self) -> Mapping[str, Sequence[Tap]]:
        """List all taps by the sid of their message, oldest first."""
        query = "SELECT * FROM taps ORDER BY sid, id"
        return {
            sid: [_tap(row) for row in rows] for sid, rows in groupby(self._database.read(query), itemgetter("sid"))
        }


def _values(record: Sms | Step | Tap) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def _insert_step(rows: sqlite3.Connection, step: Step) -> int:
    cursor = rows.execute(
        "INSERT INTO steps (sid, due_at, status, error_code, changes, notifies)"
        " VALUES (:sid, :due_at, :status, :error_code, :changes, :notifies)",
        _values(step),
    )
    return cursor.lastrowid or 0


def _change(rows: sqlite3.Connection, sid: str, status: SmsStatus, error_code: int | None, now: int) -> None:
    sent_at = now if status is SmsStatus.SENT else None
    rows.execute(
        "UPDATE messages SET status = ?, error_code = ?, updated_at = ?, sent_at = coalesce(sent_at, ?) WHERE sid = ?",
        (status, error_code, now, sent_at, sid),
    )


def _sms(row: sqlite3.Row) -> Sms:
    values = {name: row[name] for name in Sms.__dataclass_fields__}
    return Sms(**{**values, "status": SmsStatus(row["status"])})


def _tap(row: sqlite3.Row) -> Tap:
    return Tap(**{name: row[name] for name in Tap.__dataclass_fields__})


def _step(row: sqlite3.Row) -> Step:
    flags = {name: bool(row[name]) for name in ("changes", "notifies")}
    return Step(**{**dict(row), **flags, "status": SmsStatus(row["status"])})
