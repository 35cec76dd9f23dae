"""Keep the callbacks that were POSTed to the receiver page, and say how the next one is to be answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from shortlink.simulator.database import Database

MAX_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCallback:
    """One POST to `/callbacks/…`, as it came. Header names are lower case."""

    id: int
    at: int  # UTC milliseconds
    path: str
    query: str
    event_id: str  # its webhook-id, or empty
    headers: Mapping[str, str]
    body: bytes
    verified: bool | None  # whether the signature is right; None when there was nothing to check
    answered: int  # the HTTP status it got; 0 when the connection was closed instead

    @property
    def fields(self) -> Mapping[str, Any] | None:
        """The body as fields: of a form, or of a JSON object; None when it is neither."""
        content_type = self.headers.get("content-type", "")
        text = self.body.decode(errors="replace")
        if "x-www-form-urlencoded" in content_type:
            return dict(parse_qsl(text, keep_blank_values=True))
        if "json" not in content_type:
            return None
        try:
            parsed = json.loads(text)
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) else None


class CallbackStore:
    """The received callbacks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, path: str, event_id: str) -> int:
        """Count the earlier POSTs of one event to one path."""
        found = self._database.read(
            "SELECT count(*) AS size FROM callbacks WHERE path = ? AND event_id = ?", (path, event_id)
        )
        return int(found[0]["size"])

    def add(self, callback: ReceivedCallback) -> None:
        """Keep a callback; the store gives the id, `callback.id` is not read."""
        with self._database.write() as rows:
            rows.execute(
                "INSERT INTO callbacks (at, path, query, event_id, headers, body, verified, answered)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    callback.at,
                    callback.path,
                    callback.query,
                    callback.event_id,
                    json.dumps(dict(callback.headers)),
                    callback.body,
                    callback.verified,
                    callback.answered,
                ),
            )

    def list(self, limit: int = MAX_SHOWN) -> list[ReceivedCallback]:
        """List the newest callbacks first; a negative limit lists them all."""
        found = self._database.read("SELECT * FROM callbacks ORDER BY id DESC LIMIT ?", (limit,))
        return [_callback(row) for row in found]

    def delete(self) -> int:
        """Delete them all and return how many there were."""
        with self._database.write() as rows:
            return rows.execute("DELETE FROM callbacks").rowcount


def _callback(row: sqlite3.Row) -> ReceivedCallback:
    verified = None if row["verified"] is None else bool(row["verified"])
    return ReceivedCallback(**{**dict(row), "headers": json.loads(row["headers"]), "verified": verified})
