"""How long an event loop waits for the store: by the time in which it could have read an answer.

On a machine that has too much to do, this process is kept waiting as well, and a plain timer would call a store silent
whose answer lies here unread, or that was kept waiting just so. So the time is taken in short steps. A step that took
longer than it should have counts for no more than it should have taken; a store that hangs on a machine with nothing
else to do is given up to the millisecond.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

_STEPS = 8
_LAST_LOOK_SECONDS = 0.003  # what arrived while the last step ended is read
Waited = TypeVar("Waited")


class Patience:
    """Calls `lose` when it was begun and not ended for so many seconds."""

    def __init__(self, seconds: float, lose: Callable[[], None]) -> None:
        self._step_seconds = seconds / _STEPS
        self._lose = lose
        self._left = 0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Begin to wait, unless it has begun."""
        if self._timer is None:
            self._left = _STEPS
            self._timer = asyncio.get_running_loop().call_later(self._step_seconds, self._step)

    def end(self) -> None:
        """Stop waiting."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            self._timer = None
            self._lose()
            return
        seconds = self._step_seconds if self._left else _LAST_LOOK_SECONDS
        self._timer = asyncio.get_running_loop().call_later(seconds, self._step)


async def patiently(seconds: float, awaitable: Awaitable[Waited]) -> Waited:
    """Wait for something as long as that. Raises TimeoutError, and what it raises."""
    task = asyncio.ensure_future(awaitable)
    over = asyncio.get_running_loop().create_future()
    patience = Patience(seconds, lambda: over.done() or over.set_result(None))
    patience.begin()
    try:
        await asyncio.wait((task, over), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise TimeoutError
        return await task
    finally:
        patience.end()
        task.cancel()
