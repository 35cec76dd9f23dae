"""Connections to the carrier that are used again, as long as that surely does no harm.

A peer may close an idle connection just as a request goes out, and then nobody knows whether it was read. So only a
connection that was busy a moment ago is used again, and only if nothing, such as its end, waits to be read from it.
"""

from __future__ import annotations

import select
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection

IDLE_AT_MOST_SECONDS = 2.0  # servers and balancers wait longer than this: 5 s is the shortest that is usual
AGE_AT_MOST_SECONDS = 60.0  # so that a change of the carrier's addresses is noticed


@dataclass(frozen=True, slots=True)
class _Kept:
    connection: HTTPConnection
    opened_at: float
    idle_since: float


class KeptConnections:
    """A stack of idle connections to one host, the last used on top; safe for many threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[_Kept] = []

    def take(self) -> tuple[HTTPConnection, float] | None:
        """Take a connection that can be used again, with the time when it was opened; None if there is none."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                kept = self._idle.pop()
            if self._is_fresh(kept) and _is_quiet(kept.connection):
                return kept.connection, kept.opened_at
            kept.connection.close()

    def give_back(self, connection: HTTPConnection, opened_at: float) -> None:
        """Keep a connection whose last answer was read to its end; closes those that have waited too long."""
        kept = _Kept(connection, opened_at, self._clock())
        with self._lock:
            stale = [one for one in self._idle if not self._is_fresh(one)]  # once: time goes on between two looks
            self._idle = [*(one for one in self._idle if one not in stale), kept]
        for one in stale:
            one.connection.close()

    def __del__(self) -> None:
        """Close what is idle when nobody can use it any more."""
        for kept in self._idle:
            kept.connection.close()

    def _is_fresh(self, kept: _Kept) -> bool:
        now = self._clock()
        return now - kept.idle_since <= IDLE_AT_MOST_SECONDS and now - kept.opened_at <= AGE_AT_MOST_SECONDS


def _is_quiet(connection: HTTPConnection) -> bool:
    """Whether nothing waits to be read: neither the peer's goodbye nor an answer that nobody asked for."""
    sock = connection.sock
    if sock is None or (isinstance(sock, ssl.SSLSocket) and sock.pending()):
        return False
    watch = select.poll()
    watch.register(sock, select.POLLIN)
    return not watch.poll(0)
