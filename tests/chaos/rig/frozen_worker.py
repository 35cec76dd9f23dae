"""A worker that stops itself once, at a named point of its first call to the carrier: run as `… messages POINT`.

Somebody else has to continue it. The points: `claimed`, when it has the message and has yet to look at the clock;
`checked`, when it has looked; `connected`, when it holds a connection; `sending`, when only the bytes are missing.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

from shortlink.carriers.twilio import TwilioCarrier
from shortlink.carriers.twilio_transport import TwilioTransport
from shortlink.storage.sendings import SendingStore
from worker.__main__ import run_one

# Where it stops: a function of ours, and whether before or after it.
POINTS: dict[str, tuple[type, str, bool]] = {
    "claimed": (SendingStore, "claim", False),
    "checked": (TwilioCarrier, "submit", True),
    "connected": (TwilioTransport, "_connected", False),
    "sending": (HTTPConnection, "request", True),
}


def _stop_at(owner: type, name: str, *, before: bool) -> None:
    work: Callable[..., Any] = getattr(owner, name)
    left = [True]

    def stopping(*args: Any, **options: Any) -> Any:
        if before:
            _stop_once(left)
        answer = work(*args, **options)
        if not before and answer is not None:
            _stop_once(left)
        return answer

    setattr(owner, name, stopping)


def _stop_once(left: list[bool]) -> None:
    if left:
        left.clear()
        signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # to this thread: it stops before it goes on


if __name__ == "__main__":
    place, attribute, first = POINTS[sys.argv[2]]
    _stop_at(place, attribute, before=first)
    sys.exit(run_one(sys.argv[1]))
