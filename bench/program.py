"""One process of the rig: started with its words kept in a file, watched, and ended by its id."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from shortlink.lifeline import die_with_parent, tied

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Broken(Exception):
    """Something of the rig did not start, or ended; the text says what, and what it said last."""


class Program:
    """A running process and those it started. Start it from the main thread: it ends when that thread does."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as words:
            self._process = subprocess.Popen(
                command,
                env=tied(environment),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                start_new_session=True,  # its id names the group of everything it starts
                preexec_fn=lambda: die_with_parent(signal.SIGTERM),  # noqa: PLW1509  # takes no lock
            )

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait for a condition that the process brings about. Raises Broken."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise Broken(f"{self.name} did not start: {self._last_words()}")
            time.sleep(0.02)

    def check(self) -> None:
        """Raise Broken if it has ended."""
        if self._process.poll() is not None:
            raise Broken(f"{self.name} ended with {self._process.returncode}: {self._last_words()}")

    def cpu_seconds(self) -> float:
        """The processor time that it and its children have used so far; 0 where there is no /proc."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self._stats()) / _TICKS

    def resident_bytes(self) -> int:
        """The memory that it and its children hold, what they share counted once; 0 where there is no /proc."""
        return sum(_proportional_bytes(pid) for pid, _ in self._stats())

    def pids(self) -> list[int]:
        """It and its children; none where there is no /proc."""
        return [pid for pid, _ in self._stats()]

    def _stats(self) -> Iterator[tuple[int, list[str]]]:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:  # it ended while we looked
                continue
            if int(fields[2]) == self._process.pid:
                yield int(stat.parent.name), fields

    def stop(self) -> None:
        """Ask it to end, and after a while make it."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:].strip()


def _proportional_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
