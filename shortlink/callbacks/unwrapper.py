"""Ask public link shorteners where their links lead, without ever calling anybody else."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import quote, urljoin

from shortlink.callbacks.deadline import Deadline
from shortlink.callbacks.exchange import exchange
from shortlink.domain.callback_url import Network

TIMEOUT_SECONDS = 3.0  # for a whole chain; a customer waits for it
MOST_HOPS = 5
MOST_AT_ONCE = 4  # each holds one of the eight threads of the door while it waits; beyond that none is asked
KEPT_SECONDS, MISSES_KEPT_SECONDS = 600.0, 10.0  # one campaign is one link to many numbers
KEPT_AT_MOST = 1000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"user-agent": "Shortlink-Unwrap/1.0", "accept": "*/*"}
_URL_MARKS = "%/:?#[]@!$&'()*+,;=~"


class Unwrapper:
    """Follows redirects for as long as they stay with known shorteners; remembers answers for a while."""

    def __init__(
        self,
        *,
        is_shortener: Callable[[str], bool],
        timeout_seconds: float = TIMEOUT_SECONDS,
        allowed_networks: Sequence[Network] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._is_shortener = is_shortener
        self._timeout_seconds = timeout_seconds
        self._allowed_networks = tuple(allowed_networks)
        self._clock = clock
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, str | None]] = OrderedDict()

    def unwrap(self, url: str) -> str | None:
        """Return the first address outside all shorteners; None when there is none, or it cannot be found in time.

        That address is not called. Never raises: what a stranger answers is no fault of ours.
        """
        with self._lock:
            until, address = self._known.get(url, (0.0, None))
        if self._clock() < until:
            return address
        if not self._slots.acquire(blocking=False):
            return None
        try:
            address = self._follow(url)
        finally:
            self._slots.release()
        self._remember(url, address)
        return address

    def _follow(self, url: str) -> str | None:
        deadline = Deadline(self._timeout_seconds)
        for _ in range(MOST_HOPS):
            further = self._ask("HEAD", url, deadline) or self._ask("GET", url, deadline)
            if further is None or not self._is_shortener(further):
                return further
            url = further
        return None

    def _ask(self, method: str, url: str, deadline: Deadline) -> str | None:
        """Return the address to which a URL redirects; None when there is none that can be read."""
        with suppress(Exception):
            left = Deadline(deadline.remaining())  # one of its own: a call shortens it for the body that follows
            reply = exchange(method, url, None, _HEADERS, left, self._allowed_networks)
            if reply.status_code in _REDIRECTS and reply.location:
                return urljoin(url, quote(reply.location.encode("latin-1"), safe=_URL_MARKS))
        return None

    def _remember(self, url: str, address: str | None) -> None:
        kept = KEPT_SECONDS if address else MISSES_KEPT_SECONDS
        with self._lock:
            self._known[url] = (self._clock() + kept, address)
            self._known.move_to_end(url)
            if len(self._known) > KEPT_AT_MOST:
                self._known.popitem(last=False)
