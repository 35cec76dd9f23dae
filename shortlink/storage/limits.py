"""Token buckets: how often an account may do a thing."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script, clock
from shortlink.storage.steps import Result, Steps


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Whether a call may go ahead, how many more may follow at once, and the wait for the next in ms."""

    granted: bool
    size: int
    left: int
    wait_ms: int
    rate: float


class LimitStore:
    """One bucket an account and kind of call."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._take = Script(store, "take_token")

    def take(self, kind: str, sid: str, *, rate: float, burst: int, now: int | None = None) -> Allowance:
        """Take one token from a bucket that refills at `rate` a second and holds `burst`."""
        return self.perform(self.take_steps(kind, sid, rate=rate, burst=burst, now=now))

    def perform(self, steps: Steps[Result]) -> Result:
        """Run an operation on the calling thread."""
        return self._store.line.perform(steps)

    def take_steps(
        self, kind: str, sid: str, *, rate: float, burst: int, count: int = 1, now: int | None = None
    ) -> Steps[Allowance]:
        """Take tokens as `take` does, on any line: `count` of them or, when there are not as many, none."""
        taken, left, wait = yield from self._take.steps([keys.limit(kind, sid)], [clock(now), rate, burst, count])
        return Allowance(granted=bool(taken), size=burst, left=int(left), wait_ms=int(wait), rate=rate)
