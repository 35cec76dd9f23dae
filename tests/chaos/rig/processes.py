"""The processes of a running installation: found by what they are, signalled and killed by their ids."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

STORE = "store"
CARRIER = "simulator"
_ROLES = {
    "--door api": "web",
    "shortlink.redirect": "link",
    "worker.dispatcher": "dispatcher",
    "worker.recorder": "recorder",
    "worker.webhooks": "webhooks",
    "-m worker messages": "messages",
    "-m worker callbacks": "callbacks",
    "shortlink.simulator": CARRIER,
    "valkey-server": STORE,
}
OURS = ("web", "web-worker", "link", "link-worker", "dispatcher", "messages", "callbacks", "recorder", "webhooks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process and the part it plays; `web-worker` and `link-worker` are those that a door's server starts."""

    pid: int
    role: str


def processes_of(up: int) -> list[Process]:
    """List what an `up` has started, and what that has started, as far as it plays a part."""
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [(int(pid), int(parent), args) for pid, parent, args in (row.split(None, 2) for row in listing.splitlines())]
    children = {pid for pid, parent, _ in rows if parent == up}
    found = []
    for pid, parent, args in rows:
        role = next((role for word, role in _ROLES.items() if word in args), None)
        if role is not None and parent == up:
            found.append(Process(pid=pid, role=role))
        elif role is not None and parent in children:
            found.append(Process(pid=pid, role=f"{role}-worker"))
    return found


def find(up: int, role: str, *, seconds: float = 15.0) -> int:
    """Find the process that plays a part, waiting for it if it is just being started again."""
    deadline = time.monotonic() + seconds
    while True:
        for process in processes_of(up):
            if process.role == role:
                return process.pid
        assert time.monotonic() < deadline, f"there is no {role}"
        time.sleep(0.05)


def send_signal(pid: int, number: signal.Signals) -> bool:
    """Send a signal to one process; False when it is gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def is_stopped(pid: int) -> bool:
    """Say whether every thread of a process stands still."""
    stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(stat.rpartition(")")[2].split()[0] == "T" for stat in stats)


class Killer:
    """Kills one process after the other, drawn at random, for as long as a `with` lasts.

    Every part gets its turn: those killed least often so far are drawn from.
    """

    def __init__(
        self, up: int, dice: random.Random, *, every: float, roles: Collection[str] = OURS, store_kills: int = 0
    ) -> None:
        self._up = up
        self._dice = dice
        self._every = every
        self._roles = roles
        self._store_kills = store_kills
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer", daemon=True)
        self.kills: Counter[str] = Counter(dict.fromkeys(roles, 0))
        self.last = 0.0

    @property
    def total(self) -> int:
        """How many processes of ours were killed; the store does not count."""
        return sum(count for role, count in self.kills.items() if role != STORE)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join(15)

    def _run(self) -> None:
        while not self._done.wait(self._every * self._dice.uniform(0.5, 1.5)):
            roles = {STORE} if self._wants_store() else set(self._roles)
            there = [process for process in processes_of(self._up) if process.role in roles]
            if there:
                least = min(self.kills[process.role] for process in there)
                victim = self._dice.choice([process for process in there if self.kills[process.role] == least])
                with suppress(ProcessLookupError):
                    os.kill(victim.pid, signal.SIGKILL)
                    self.kills[victim.role] += 1
                    self.last = time.monotonic()

    def _wants_store(self) -> bool:
        return self.kills[STORE] < self._store_kills and self.total >= 8 * (self.kills[STORE] + 1)
