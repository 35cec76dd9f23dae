"""An endpoint: one account's receivers on one server, and how much of it we may ask at a time.

A healthy endpoint soon gets many calls at once; one that hangs holds a few of ours. What has failed often enough gets
none for a while: an address by itself, since another one on the same server may be well, and the whole server when
most of many addresses fail. Times are monotonic seconds, handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from shortlink.domain.circuit_breaker import CircuitBreaker

FIRST_CALLS = 4
ASK_AGAIN_SECONDS = 0.2
ADDRESSES_KEPT = 50
LONGEST_PATH = 100  # characters that an address is remembered by
SLOW_SECONDS = 1.0  # an endpoint that takes longer holds our threads instead of using them


def endpoint_of(url: str) -> str:
    """Name the endpoint of a URL: scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def address_of(url: str) -> str:
    """Name the address of a URL at its endpoint: the path, as a query often differs from call to call.

    Of a long one its digest: many are remembered, and customers write them as long as they like.
    """
    path = urlsplit(url).path
    return path if len(path) <= LONGEST_PATH else sha256(path.encode()).hexdigest()


@dataclass(slots=True)
class Endpoint:
    """The calls under way to one endpoint, how many it may have, and what was heard of its addresses."""

    most_calls: int
    allowed: int = FIRST_CALLS
    in_flight: int = 0
    quick: bool | None = None  # whether its last answer came within SLOW_SECONDS; None before the first
    heard_at: float = 0.0  # its last answer, or when the calls began that it has not answered
    whole: CircuitBreaker = field(default_factory=CircuitBreaker)
    addresses: OrderedDict[str, CircuitBreaker] = field(default_factory=OrderedDict)  # those called last

    def wait(self, now: float, address: str) -> float:
        """Say in how many seconds to ask again before a call; 0.0 when it may begin now."""
        of_address = self.addresses.get(address)
        wait = max(self.whole.wait(now), of_address.wait(now) if of_address else 0.0)
        if wait:
            return wait
        return 0.0 if self.in_flight < self.allowed else ASK_AGAIN_SECONDS

    def left_alone(self, now: float, address: str) -> float:
        """Say for how many more seconds it gets no calls because most of them failed; 0.0 when it gets some."""
        of_address = self.addresses.get(address)
        return max(self.whole.left_alone(now), of_address.left_alone(now) if of_address else 0.0)

    def enter(self, now: float, address: str = "") -> float:
        """Begin a call and return 0.0, or return the seconds to wait before asking again."""
        wait = self.wait(now, address)
        if not wait:
            self.heard_at = self.heard_at if self.in_flight else now
            self.in_flight += 1
            self.whole.enter()
            self.addresses.setdefault(address, CircuitBreaker()).enter()
            self.addresses.move_to_end(address)
            if len(self.addresses) > ADDRESSES_KEPT:
                self.addresses.popitem(last=False)
        return wait

    def leave(self, now: float, address: str = "", *, answered_well: bool | None, seconds: float = 0.0) -> None:
        """End a call of so many seconds: a good answer allows one more at a time, a bad one half as many.

        None when nothing was asked of the endpoint after all, which says nothing about it.
        """
        self.in_flight -= 1
        self.addresses.setdefault(address, CircuitBreaker()).leave(now, answered_well=answered_well)
        last_words = [one.answers[-1] for one in self.addresses.values() if one.answers]
        self.whole.leave(now, answered_well=answered_well, judged_by=last_words)
        if answered_well is None:
            return
        self.heard_at, self.quick = now, seconds < SLOW_SECONDS
        self.allowed = min(self.most_calls, self.allowed + 1) if answered_well else max(1, self.allowed // 2)

    def slow(self, now: float) -> bool:
        """Whether calls to it may last: it has not yet shown that it answers soon, or does so no longer."""
        return self.quick is None or self.lags(now)

    def lags(self, now: float) -> bool:
        """Whether it is known to take its time, or is silent now."""
        return self.quick is False or self._silent(now)

    @property
    def idle(self) -> bool:
        """Whether nothing is lost by forgetting this endpoint."""
        return self.in_flight == 0

    def _silent(self, now: float) -> bool:
        return self.in_flight > 0 and now - self.heard_at > SLOW_SECONDS
