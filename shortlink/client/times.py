"""Times as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def read_time(text: str | None) -> datetime | None:
    """Read a time of the API, which is in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
