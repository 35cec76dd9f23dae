"""A callback: one POST owed to a customer about one message, and when it is tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shortlink.domain.message import MessageStatus

MAX_TRIES = 10
LONG_WAIT_MS = 60_000  # the least wait after a 429 or a timeout: the receiver is in trouble
JITTER = 0.2
ASKED_WAIT_MS = 10_000  # the least wait after a try that asking for a redelivery leaves
ATTEMPTS_KEPT = 30  # in a message's record, the newest; more than a round has, so that none of it is ever missing


class CallbackKind(StrEnum):
    """What a callback tells of; the value is the letter under which the store keeps it."""

    CLICK = "c"  # the first human click, to lt_callbackurl
    REPORT = "r"  # DELIVERED or FAIL, to callbackurl


class CallbackState(StrEnum):
    """How far a callback has come. All but PENDING are ends."""

    PENDING = "p"
    DELIVERED = "d"  # the receiver answered exactly 200
    EXHAUSTED = "x"  # ten tries were made
    STOPPED = "s"  # the receiver said 410, or the URL may not be called


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a callback: when, for how long, and what came of it."""

    at: int  # UTC milliseconds
    duration_ms: int
    status_code: int | None = None
    error: str | None = None  # a short fixed word when there was no answer, such as "timeout"
    retry_after: float | None = None  # the receiver's own wish, in seconds
    number: int = field(default=0, compare=False)  # which try it was; 0 as long as it is not kept

    @property
    def delivered(self) -> bool:
        """Whether this try ends the callback well: only an exact 200 does."""
        return self.status_code == 200

    @property
    def answered(self) -> bool:
        """Whether there is a server that works, whatever it answered."""
        return self.status_code is not None and self.status_code < 500

    @property
    def final(self) -> bool:
        """Whether trying again is pointless: 410 means gone for good, a refused URL stays refused."""
        return self.status_code == 410 or self.error == "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A callback as the store knows it."""

    id: str  # the event id: the same on every attempt
    kind: CallbackKind
    url: str
    state: CallbackState
    status_then: MessageStatus  # the message's status when the callback arose: the payload is frozen
    tries: int = 0  # in all rounds: a redelivery that was asked for begins another
    tries_before: int = 0  # made before the round under way
    attempts: tuple[Attempt, ...] = ()  # the newest ATTEMPTS_KEPT, without those whose worker died

    @property
    def tries_this_round(self) -> int:
        """The tries that count against MAX_TRIES."""
        return self.tries - self.tries_before


def wait_before_try(tries_made: int, *, schedule: Sequence[float], last: Attempt | None, jitter: float) -> int:
    """Say how many milliseconds to wait before the next try.

    `schedule[n]` is the wait in seconds before try n + 1; `jitter` is a number from 0 to 1 that the caller
    drew. Retry-After is honoured between one and two times the schedule's own wait; a 429 or a timeout waits
    at least a minute, unless the whole schedule is shorter than that.
    """
    base = schedule[min(tries_made, len(schedule) - 1)]
    wait = base * (1 - JITTER + 2 * JITTER * jitter)
    if last is not None and last.retry_after is not None:
        wait = min(max(last.retry_after, base), 2 * base)
    ms = int(wait * 1000)
    strained = last is not None and (last.status_code == 429 or last.error == "timeout")
    if strained and max(schedule) * 1000 >= LONG_WAIT_MS:
        ms = max(ms, LONG_WAIT_MS)
    return ms
