"""How long an event loop waits for the store: on a busy machine, a little longer.

There this process is kept waiting as well as the store, and a plain timer would call a store silent whose answer lies
here unread or was kept waiting just so. So the time is taken in short steps: one that took longer than it should have
counts for no more than it should have taken, and where there is more than twice as much to do as there are cores, some
are added. Both together for no more than a set time. A store that hangs on a machine that is well is given up to the
millisecond.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

_STEPS = 8
_NOT_BEGUN = -1.0
_LAST_LOOK_SECONDS = 0.003  # what arrived while the last step ended is read


class Patience:
    """Calls `lose` when it was begun and not ended for so many seconds, `extra_seconds` more on a busy machine.

    It is begun and ended for each round trip, so both only note that: the timer goes on from one wait to the next, and
    stops where it finds that nobody waits.
    """

    def __init__(self, seconds: float, lose: Callable[[], None], *, extra_seconds: float) -> None:
        self._seconds = seconds
        self._step_seconds = seconds / _STEPS
        self._extra_seconds = extra_seconds
        self._lose = lose
        self._began = _NOT_BEGUN
        self._is_new = False  # begun since the timer last rang
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Begin to wait, unless it has begun."""
        if self._began != _NOT_BEGUN:
            return
        self._began = time.monotonic()
        self._is_new = True
        if self._timer is None:
            self._ring_in(self._step_seconds)

    def end(self) -> None:
        """Stop waiting."""
        self._began = _NOT_BEGUN

    def _ring(self) -> None:
        self._timer = None
        if self._began == _NOT_BEGUN:
            return
        if self._is_new:  # its first step ends this much later
            self._is_new, self._left = False, _STEPS
            self._ring_in(self._began + self._step_seconds - time.monotonic())
            return
        self._step()

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            self._began = _NOT_BEGUN
            self._lose()
            return
        is_over = time.monotonic() >= self._began + self._seconds + self._extra_seconds
        if is_over or (self._left == 0 and not is_overloaded()):
            self._left = 0
            self._ring_in(_LAST_LOOK_SECONDS)
        else:
            self._left = max(1, self._left)
            self._ring_in(self._step_seconds)

    def _ring_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(0.0, seconds), self._ring)


def is_overloaded() -> bool:
    """Whether there is more than twice as much to do as there are cores."""
    try:
        return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
    except OSError:  # some systems do not tell
        return False
