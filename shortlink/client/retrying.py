"""When a call is made again, and after which wait; clients differ only in how they wait."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from shortlink.client.call import Call
from shortlink.client.errors import Answer

_SAFE_ALWAYS = 429  # nothing was done, whatever the call
_TURN_SECONDS = 86_400.0  # an idempotency key is good for as long
_SAFE_IF_REPEATABLE = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """How patient a client is.

    `tries` counts the first one. `longest_wait_seconds` limits each wait: a Retry-After beyond it is not waited for,
    but in the middle of a crowd, as of thousands of messages.
    """

    tries: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0

    def begin(self, call: Call[Any]) -> Tries:
        """Begin the tries of a call."""
        return Tries(self, call)


class Tries:
    """The tries of one call: how many there were, and whether one of them may have done something."""

    def __init__(self, patience: Retrying, call: Call[Any]) -> None:
        self._patience = patience
        self._call = call
        self._tried = 0
        self._begun = call.goes_on

    def wait_before_next(self, answer: Answer | None) -> float | None:
        """Return the wait before the next try, or None when there should be none; no `answer` is a broken connection.

        What is not repeatable, because a second time would do a second thing, is tried again only where it is sure
        that nothing was done. A part of a crowd, once some of the crowd may have been accepted, waits for its turn up
        to a day: behind the first part, and behind a lost answer, whose try may have used the allowance up.
        """
        self._tried += 1
        throttled = answer is not None and answer.status == _SAFE_ALWAYS
        lost = answer is None or answer.status in _SAFE_IF_REPEATABLE
        self._begun = self._begun or lost
        if self._tried >= self._patience.tries or not (throttled or (lost and self._call.repeatable)):
            return None
        asked = answer.retry_after if answer else None
        return self._own_wait() if asked is None else self._wait_asked_for(asked, throttled=throttled)

    def _own_wait(self) -> float:
        patience = self._patience
        wait = min(patience.longest_wait_seconds, patience.first_wait_seconds * 2.0 ** (self._tried - 1))
        return wait * random.uniform(0.75, 1.25)  # noqa: S311  # spreads a crowd of clients, is no secret

    def _wait_asked_for(self, asked: float, *, throttled: bool) -> float | None:
        in_turn = throttled and self._call.of_many and self._begun
        return asked if asked <= (_TURN_SECONDS if in_turn else self._patience.longest_wait_seconds) else None
