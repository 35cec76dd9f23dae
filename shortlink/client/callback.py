"""What the API says of a message's callbacks, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shortlink.client.times import read_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a callback: its answer's status code, or a word for why there was none."""

    number: int
    at: datetime | None
    duration_ms: int
    status_code: int | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A callback of a message, `pending`, `delivered`, `exhausted` or `stopped`, and the newest 30 tries of it."""

    id: str
    kind: str
    url: str
    state: str
    tries: int
    attempts: tuple[Attempt, ...]
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def read_callback(given: Mapping[str, Any]) -> Callback:
    """Read one entry of a message's callbacks."""
    return Callback(
        id=given["id"],
        kind=given["kind"],
        url=given["url"],
        state=given["state"],
        tries=given["tries"],
        attempts=tuple(
            Attempt(
                number=one.get("number", place),
                at=read_time(one["at"]),
                duration_ms=one["duration_ms"],
                status_code=one["status_code"],
                error=one["error"],
            )
            for place, one in enumerate(given["attempts"], 1)
        ),
        raw=given,
    )
