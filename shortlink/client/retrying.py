"""When a call is made again, and after which wait; clients differ only in how they wait."""

from __future__ import annotations

import random
from dataclasses import dataclass

from shortlink.client.errors import Answer

_SAFE_ALWAYS = 429  # nothing was done, whatever the call
_TURN_SECONDS = 86_400.0  # an idempotency key is good for as long
_SAFE_IF_REPEATABLE = frozenset({500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """How patient a client is.

    `tries` counts the first one. `longest_wait_seconds` limits each wait: a Retry-After beyond it is not waited for,
    but between two requests of one call, as of thousands of messages.
    """

    tries: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0

    def wait_before_next(
        self, tried: int, answer: Answer | None, *, repeatable: bool, goes_on: bool = False
    ) -> float | None:
        """Return the wait before the next try, or None when there should be none; no `answer` is a broken connection.

        What is not `repeatable`, because a second time would do a second thing, is tried again only where it is sure
        that nothing was done. What `goes_on` behind a first part waits for its turn, up to a day.
        """
        if tried >= self.tries or not self._may_help(answer, repeatable=repeatable):
            return None
        asked = answer.retry_after if answer else None
        if asked is not None:
            in_turn = goes_on and answer is not None and answer.status == _SAFE_ALWAYS
            return asked if asked <= (_TURN_SECONDS if in_turn else self.longest_wait_seconds) else None
        wait = min(self.longest_wait_seconds, self.first_wait_seconds * 2.0 ** (tried - 1))
        return wait * random.uniform(0.75, 1.25)  # noqa: S311  # spreads a crowd of clients, is no secret

    def _may_help(self, answer: Answer | None, *, repeatable: bool) -> bool:
        if answer is None:
            return repeatable
        return answer.status == _SAFE_ALWAYS or (repeatable and answer.status in _SAFE_IF_REPEATABLE)


NEVER = Retrying(tries=1)
