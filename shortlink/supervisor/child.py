"""One process that is to run: started, watched, started again when it dies, and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from shortlink.domain.restart_wait import RestartWait
from shortlink.lifeline import die_with_parent, tied
from shortlink.supervisor.console import Console, LineSplitter

_LAST_WORDS_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    """What to run and how to end it.

    Children of a lower `stop_phase` are stopped before those of a higher one are asked to; `stop_seconds` count from
    the moment the supervisor begins to stop, so that what one phase does not need is left for the next.
    `hurried_seconds` are what the child gets also when somebody is in a hurry. `death_signal` is what the kernel sends
    when the supervisor itself is killed. Lines that contain `unwanted` are not passed on.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    stop_phase: int = 0
    stop_seconds: float = 5.0
    hurried_seconds: float = 0.0
    death_signal: signal.Signals = signal.SIGKILL
    unwanted: str | None = None


class Child:
    """Keeps one process running until told to stop; start it from the main thread."""

    def __init__(self, spec: ChildSpec, console: Console, inherited: tuple[int, ...] = ()) -> None:
        self.spec = spec
        self.starts = 0
        self._console = console
        self._inherited = inherited
        self._process: Process | None = None
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process id, while there is a process."""
        return self._process.pid if self._process is not None else None

    async def keep_running(self) -> None:
        """Run the process, and again whenever it ends; returns after `stop`."""
        waits = RestartWait()
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started = loop.time()
            how = await self._run_once()
            if self._stopping.is_set():
                break
            wait = waits.after(loop.time() - started)
            self._console.remark(f"{self.spec.name} {how}; starting it again in {wait:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait)
        self._ended.set()

    async def stop(self, hurry: asyncio.Event, *, patience_seconds: float) -> None:
        """Ask the process to end; when the patience ends, or soon when `hurry` is set, end it by force."""
        self._stopping.set()
        self._signal(signal.SIGTERM)
        hurried = asyncio.create_task(hurry.wait())
        ended = asyncio.create_task(self._ended.wait())
        await asyncio.wait({hurried, ended}, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        if hurry.is_set() and self.spec.hurried_seconds:
            await asyncio.wait({ended}, timeout=min(patience_seconds, self.spec.hurried_seconds))
        if not self._ended.is_set():
            self._console.remark(f"{self.spec.name} did not end in time and is killed")
            self._signal(signal.SIGKILL)
        await ended

    async def _run_once(self) -> str:
        """Run the process to its end, and say how it ended."""
        reader, writer = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self.spec.command,
                env=tied(self.spec.environment),
                stdin=DEVNULL,
                stdout=writer,
                stderr=writer,
                pass_fds=self._inherited,
                start_new_session=True,  # Ctrl-C is for the supervisor, which ends its children in order
                preexec_fn=lambda: die_with_parent(self.spec.death_signal),
            )
        except OSError as error:
            os.close(reader)
            return f"could not be started: {error.strerror}"
        finally:
            os.close(writer)
        self.starts += 1
        heard_all = self._relay(reader)
        if self._stopping.is_set():  # told to stop between our look and the start
            self._signal(signal.SIGTERM)
        code = await self._process.wait()
        pid, self._process = self._process.pid, None
        _kill_group(pid)
        with suppress(TimeoutError):
            await asyncio.wait_for(heard_all.wait(), _LAST_WORDS_SECONDS)
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    def _relay(self, reader: int) -> asyncio.Event:
        """Pass on what the process and those it starts write; the event is set when the last has closed the pipe."""
        loop = asyncio.get_running_loop()
        heard_all = asyncio.Event()
        splitter = LineSplitter(self._pass_on)
        os.set_blocking(reader, False)

        def readable() -> None:
            if data := os.read(reader, 65536):
                splitter.feed(data)
            else:
                splitter.finish()
                loop.remove_reader(reader)
                os.close(reader)
                heard_all.set()

        loop.add_reader(reader, readable)
        return heard_all

    def _pass_on(self, line: str) -> None:
        if self.spec.unwanted is None or self.spec.unwanted not in line:
            self._console.line(self.spec.name, line)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if number == signal.SIGKILL:
            _kill_group(self._process.pid)
        with suppress(ProcessLookupError):
            self._process.send_signal(number)


def _kill_group(leader: int) -> None:
    """Kill what a process has started and left behind, such as the workers of a server that was killed."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
