"""The supervisor: runs children until it is told to stop, then ends them in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby
from types import TracebackType
from typing import Self

from shortlink.supervisor.child import Child, ChildSpec
from shortlink.supervisor.console import Console

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK_SECONDS = 0.05
TOGETHER_SECONDS = 1.0  # whoever signals a whole process group under `make` is heard twice: make passes SIGTERM on


class Supervisor:
    """Use it as `async with Supervisor(…)` in the main thread; whatever ends the block ends every child.

    SIGTERM, SIGINT and SIGHUP tell it to stop; one of them again, a second later at the earliest, makes it kill
    instead of wait.
    """

    def __init__(self, console: Console, inherited: tuple[int, ...] = ()) -> None:
        self.children: list[Child] = []
        self._console = console
        self._inherited = inherited
        self._tasks: list[asyncio.Task[None]] = []
        self._told_to_stop = asyncio.Event()
        self._told_at: float | None = None
        self._hurry = asyncio.Event()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for number in _STOP_SIGNALS:
            loop.add_signal_handler(number, self.tell_to_stop)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._told_to_stop.set()
        await self._stop_children()
        await asyncio.gather(*self._tasks)

    def tell_to_stop(self) -> None:
        """Begin to stop; another call makes it hurry, unless it comes so soon that it means the same."""
        now = asyncio.get_running_loop().time()
        if self._told_at is None:
            self._told_at = now
        elif now - self._told_at >= TOGETHER_SECONDS:
            self._hurry.set()
        self._told_to_stop.set()

    def start(self, spec: ChildSpec) -> Child:
        """Start a process and keep it running."""
        child = Child(spec, self._console, self._inherited)
        self.children.append(child)
        self._tasks.append(asyncio.create_task(child.keep_running(), name=spec.name))
        return child

    async def wait_until(self, ready: Callable[[], bool], *, within_seconds: float) -> bool:
        """Wait for a condition; False when the time is up or the supervisor was told to stop before."""
        deadline = asyncio.get_running_loop().time() + within_seconds
        while not self._told_to_stop.is_set() and asyncio.get_running_loop().time() < deadline:
            if await asyncio.to_thread(ready):
                return True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told_to_stop.wait(), _LOOK_SECONDS)
        return False

    @property
    def told_to_stop(self) -> bool:
        """Whether it is stopping."""
        return self._told_to_stop.is_set()

    async def wait_to_be_told(self) -> None:
        """Wait until it is told to stop."""
        await self._told_to_stop.wait()

    async def _stop_children(self) -> None:
        def phase(child: Child) -> int:
            return child.spec.stop_phase

        clock = asyncio.get_running_loop().time
        began = clock()
        for _, children in groupby(sorted(self.children, key=phase), key=phase):
            spent = clock() - began
            await asyncio.gather(
                *(
                    child.stop(self._hurry, patience_seconds=max(0.0, child.spec.stop_seconds - spent))
                    for child in children
                )
            )
