"""What the model knows of one message, and the times by which it plays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from shortlink.domain.callback import CallbackKind
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import StoreUnavailable
from shortlink.domain.invariants import Bounds
from shortlink.domain.message import Message, MessageStatus

Result = TypeVar("Result")
LEASE = 60_000
LOOK = 30_000
BOUNDS = Bounds(message_ms=LEASE, callback_ms=LEASE, record_ms=3650 * DAY_MS)  # nothing here waits longer
PLANNED = {CallbackKind.CLICK: "cy", CallbackKind.REPORT: "ry"}
PATIENCE = 20


@dataclass
class Known:
    """What the model knows of one message."""

    message: Message
    accepted_at: int
    submits: int = 0  # claims that told a worker to call the carrier
    carrier_id: str | None = None
    final: MessageStatus | None = None
    best_rank: int = 0
    first_click: int | None = None
    clicks: int = 0
    delivered: set[CallbackKind] = field(default_factory=set)
    reopened: set[CallbackKind] = field(default_factory=set)
    planned: dict[str, int] = field(default_factory=dict)  # record field → the time before which it claims nothing
    leases: dict[CallbackKind, int] = field(default_factory=dict)  # of callbacks, until when
    newest: dict[CallbackKind, int] = field(default_factory=dict)  # tries claimed
    answered: dict[CallbackKind, int] = field(default_factory=dict)  # when the newest try was

    def plan(self, field_name: str, at: int | None) -> None:
        """Keep what was planned, or that nothing is."""
        self.planned.pop(field_name, None)
        if at is not None:
            self.planned[field_name] = at


def in_time(call: Callable[[], Result]) -> Result:
    """Do what the store refuses, changing nothing, when it comes too late: on a busy machine that is no fault."""
    for _ in range(PATIENCE):
        with suppress(StoreUnavailable):
            return call()
    return call()
