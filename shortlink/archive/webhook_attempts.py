"""One try of a webhook's delivery: how it is claimed, what came of it, and what is kept of that."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from shortlink.domain.event import Event, EventType
from shortlink.domain.webhook import DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery taken for one try, which is counted already; `number` is the try's, and the token.

    `spared` of its tries so far were made early because the webhook was resumed, and use up none of those it has.
    """

    n: int
    webhook: str
    id: str
    number: int
    events: tuple[Event, ...]
    is_test: bool
    spared: int = 0

    @property
    def counted(self) -> int:
        """The tries that count against those it has."""
        return self.number - self.spared


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one try, and what follows; `due_at` is when the next one is due, of a pending delivery."""

    at: int
    duration_ms: int
    state: DeliveryState
    due_at: int = 0
    status_code: int | None = None
    error: str | None = None


def keep_attempt(rows: sqlite3.Connection, claimed: Claimed, outcome: Outcome) -> int:
    """Keep one try and return its number in the log of all."""
    types = ",".join(dict.fromkeys(event.type.value for event in claimed.events))
    cursor = rows.execute(
        "INSERT INTO webhook_attempts (webhook, id, types, events, try, at, duration_ms, status_code, error, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            claimed.webhook,
            claimed.id,
            types,
            len(claimed.events),
            claimed.number,
            outcome.at,
            outcome.duration_ms,
            outcome.status_code,
            outcome.error,
            outcome.state.value,
        ),
    )
    return cursor.lastrowid or 0


def failure_of(claimed: Claimed, outcome: Outcome, account: str, number: int) -> Event:
    """Describe a try that failed, as the log of errors has it; a batch is about no one message."""
    about = claimed.events[0] if len(claimed.events) == 1 else None
    found = {"status_code": outcome.status_code} if outcome.status_code else {"error": outcome.error}
    return Event(
        id=f"w{number}",
        type=EventType.CALLBACK_ATTEMPTED,
        at=outcome.at,
        kept_at=outcome.at + outcome.duration_ms,
        account=account,
        message_id=about.message_id if about else "",
        code=about.code if about else "",
        data={
            "kind": "webhook",
            "callback_id": claimed.id,
            "webhook": claimed.webhook,
            "number": claimed.number,
            "state": outcome.state.name.lower(),
            "duration_ms": outcome.duration_ms,
            **found,
        },
    )
