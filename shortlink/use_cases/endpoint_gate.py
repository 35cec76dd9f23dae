"""The gate before customers' endpoints: keeps one that hangs or fails from holding up the others.

No endpoint and no account gets all threads of a process: domain/endpoint.py and domain/fair_share.py say how many.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from shortlink.domain.endpoint import ASK_AGAIN_SECONDS, Endpoint, address_of, endpoint_of
from shortlink.domain.fair_share import AccountCalls

KEPT_AT_MOST = 2_000
TOLD_EVERY_SECONDS = 60.0
log = logging.getLogger(__name__)


class EndpointGate:
    """Counts the calls of this process to each endpoint and of each account; safe for many threads.

    Accounts that call one server are told apart: what one's address does there is no reason to make another wait.
    `threads` is how many calls the process can have under way. Kept in memory: each worker process learns by itself,
    and a restart starts afresh.
    """

    def __init__(self, *, most_calls: int, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_calls = most_calls
        self._threads = threads
        self._clock = clock
        self._lock = threading.Lock()
        self._endpoints: dict[str, Endpoint] = {}
        self._accounts: dict[str, AccountCalls] = {}
        self._in_flight = 0
        self._told_at = -TOLD_EVERY_SECONDS

    def enter(self, url: str, *, account: str) -> int:
        """Begin a call and return 0, or return the wait in ms before it may be asked for again."""
        name, address = _name(url, account), address_of(url)
        with self._lock:
            now = self._clock()
            self._forget(now)
            endpoint = self._endpoints.setdefault(name, Endpoint(most_calls=self._most_calls))
            calls = self._accounts.setdefault(account, AccountCalls())
            wait = self._wait(endpoint, address, calls, account, now)
            if not wait:
                endpoint.enter(now, address)
                calls.enter(name)
                self._in_flight += 1
            return int(wait * 1000)

    def leave(self, url: str, *, account: str, answered_well: bool | None, seconds: float = 0.0) -> None:
        """End a call that was begun, and took so long; None when nothing was asked of the endpoint after all."""
        name = _name(url, account)
        with self._lock:
            endpoint = self._endpoints[name]
            endpoint.leave(self._clock(), address_of(url), answered_well=answered_well, seconds=seconds)
            self._accounts[account].leave(name)
            self._in_flight -= 1

    def left_alone(self, url: str, *, account: str) -> int:
        """Say for how many more ms an endpoint gets no calls because it keeps failing; 0 when it gets some."""
        with self._lock:
            endpoint = self._endpoints.get(_name(url, account))
            return int(endpoint.left_alone(self._clock(), address_of(url)) * 1000) if endpoint else 0

    def _wait(self, endpoint: Endpoint, address: str, calls: AccountCalls, account: str, now: float) -> float:
        wait = endpoint.wait(now, address)
        if wait:
            return wait if not endpoint.lags(now) else max(wait, calls.stand_in_line(now))
        if self._has_room(endpoint, calls, now):
            return 0.0
        self._tell(account, calls, now)
        return calls.stand_in_line(now) if endpoint.slow(now) else ASK_AGAIN_SECONDS

    def _has_room(self, endpoint: Endpoint, calls: AccountCalls, now: float) -> bool:
        free = self._threads - self._in_flight
        if not endpoint.slow(now):
            return calls.has_room(free=free)
        if endpoint.quick is None and not endpoint.in_flight:
            return calls.has_room_for_trial(free=free)
        slow = [name for name in calls.by_endpoint if self._endpoints[name].slow(now)]
        return calls.has_room_for_slow(slow, free=free)

    def _tell(self, account: str, calls: AccountCalls, now: float) -> None:
        """Log, now and then, whose calls wait for the sake of others."""
        if now - self._told_at >= TOLD_EVERY_SECONDS:
            self._told_at = now
            held = calls.by_endpoint.total()
            log.warning("account %s has %d of %d calls under way; its others wait", account, held, self._threads)

    def _forget(self, now: float) -> None:
        """Drop what is idle once there is much of it."""
        if len(self._endpoints) >= KEPT_AT_MOST:
            self._endpoints = {name: one for name, one in self._endpoints.items() if not one.idle}
        if len(self._accounts) >= KEPT_AT_MOST:
            self._accounts = {
                sid: one for sid, one in self._accounts.items() if one.by_endpoint or one.queued_until > now
            }


def _name(url: str, account: str) -> str:
    return f"{account} {endpoint_of(url)}"
