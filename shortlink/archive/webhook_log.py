"""The delivery log of a webhook, for whoever only reads."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from shortlink.archive.database import Archive
from shortlink.archive.webhook_deliveries import PENDING
from shortlink.domain.webhook import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """One try of a delivery. `n` names it; `types` are those of its events, none for a test."""

    n: int
    id: str
    types: tuple[str, ...]
    events: int
    number: int
    at: int  # UTC milliseconds
    duration_ms: int
    status_code: int | None
    error: str | None
    state: DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookHealth:
    """How a webhook is doing."""

    owed: int = 0
    failing_since: int | None = None  # every try since then failed
    arrived_at: int | None = None  # when one last arrived
    held_until: int | None = None  # when it is told the next one, because its receiver keeps failing


class WebhookLog:
    """Reads what was tried; every method raises ArchiveUnavailable while the archive cannot be read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def attempts(self, webhook: str, *, before: int | None = None, limit: int = 100) -> list[DeliveryAttempt]:
        """List a webhook's tries, those that began last first; `before` is the `n` of the last one seen.

        A try is kept when it ends, so what hung long stands where it began. Before a try that is no longer kept
        there is nothing: what is older went earlier.
        """
        with self._archive.reading() as rows:
            if before is None:
                query = "SELECT * FROM webhook_attempts WHERE webhook = ? ORDER BY at DESC, n DESC LIMIT ?"
                return [_attempt(row) for row in rows.execute(query, (webhook, limit))]
            query = (
                "SELECT * FROM webhook_attempts WHERE webhook = ? AND (at, n) <"
                " (SELECT at, n FROM webhook_attempts WHERE n = ? AND webhook = ?) ORDER BY at DESC, n DESC LIMIT ?"
            )
            return [_attempt(row) for row in rows.execute(query, (webhook, before, webhook, limit))]

    def newest(self, webhook: str) -> int:
        """Name the try that was kept last, whenever it began; 0 when there is none."""
        with self._archive.reading() as rows:
            query = "SELECT coalesce(max(n), 0) AS n FROM webhook_attempts WHERE webhook = ?"
            return int(rows.execute(query, (webhook,)).fetchone()["n"])

    def health(self, webhook: str) -> WebhookHealth:
        """Say how a webhook is doing."""
        with self._archive.reading() as rows:
            query = f"SELECT count(*) AS size FROM webhook_deliveries WHERE webhook = ? AND state = '{PENDING}'"
            owed = rows.execute(query, (webhook,)).fetchone()["size"]
            query = "SELECT failing_since, arrived_at, held_until FROM webhook_positions WHERE webhook = ?"
            found = rows.execute(query, (webhook,)).fetchone()
        if found is None:
            return WebhookHealth(owed=owed)
        return WebhookHealth(owed=owed, **dict(found))


def _attempt(row: sqlite3.Row) -> DeliveryAttempt:
    return DeliveryAttempt(
        n=row["n"],
        id=row["id"],
        types=tuple(row["types"].split(",")) if row["types"] else (),
        events=row["events"],
        number=row["try"],
        at=row["at"],
        duration_ms=row["duration_ms"],
        status_code=row["status_code"],
        error=row["error"],
        state=DeliveryState(row["state"]),
    )
