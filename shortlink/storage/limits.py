"""Token buckets: how often an account may do a thing."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script, clock


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
        self._take = Script(store, "take_token")

    def take(self, kind: str, sid: str, *, rate: float, burst: int, now: int | None = None) -> Allowance:
        """Take one token from a bucket that refills at `rate` a second and holds `burst`."""
        taken, left, wait = self._take([keys.limit(kind, sid)], [clock(now), rate, burst])
        return Allowance(granted=bool(taken), size=burst, left=int(left), wait_ms=int(wait), rate=rate)
