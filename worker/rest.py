"""Rest in the main thread, where signals are handled."""

from __future__ import annotations

import time
from collections.abc import Callable

_LOOK_SECONDS = 0.1


def rest(seconds: float, is_over: Callable[[], bool]) -> None:
    """Sleep for so long, or until it is over.

    Not `Event.wait`, which holds a lock for an instant: a signal handler that sets the event just then waits for ever.
    """
    until = time.monotonic() + seconds
    while not is_over() and (left := until - time.monotonic()) > 0:
        time.sleep(min(_LOOK_SECONDS, left))
