"""The service under test: a whole `shortlink up` on a directory of its own, and looks into its store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from shortlink.domain.code import PARTITIONS
from shortlink.domain.due import Due
from shortlink.domain.errors import StoreUnavailable
from shortlink.domain.snapshot import Snapshot
from shortlink.lifeline import tied
from shortlink.storage import keys
from shortlink.storage.connection import connect
from shortlink.storage.event_entry import Entry, EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.use_cases.audit_store import audit_store
from tests.chaos.rig import processes
from tests.journey.installation import Installation, start

LOOKED_AT_ONCE = 500
# Waits that let a whole life of failures pass within seconds. Each is a documented setting.
IMPATIENT = {
    "SHORTLINK_CALLBACK_SCHEDULE": "0,0.2,0.3,0.5,0.5,1,1,1,1,1",
    "SHORTLINK_CALLBACK_TIMEOUT": "2",
    "SHORTLINK_LEASE_SECONDS": "6",
    "SHORTLINK_OFFER_SECONDS": "2",
    "SHORTLINK_SEND_BACKOFF": "0.3,0.5,1",
    "SHORTLINK_RECONCILE_SCHEDULE": "1,2,3",
    "SHORTLINK_RECEIPT_SCHEDULE": "2,2,3,3,4,4,5,5,6,6,8,8,10,10,15,15,20,20,30,30,30,30",
    "SHORTLINK_SEND_RATE": "0",
    "SHORTLINK_WORKER_THREADS": "16",
    "SHORTLINK_LOG_LEVEL": "ERROR",
}
# For the short forms: what a killed worker held comes back twice as soon, and the carrier is asked sooner.
HURRIED = {"SHORTLINK_LEASE_SECONDS": "3", "SHORTLINK_RECONCILE_SCHEDULE": "0.7,1.4,2"}


class Service:
    """A running installation; the checker has a line of its own to its store."""

    def __init__(
        self, installation: Installation, data: Path, start_again: Callable[..., Installation], store_url: str | None
    ) -> None:
        self.installation = installation
        self._start_again = start_again
        self.spool = data / "spool"
        self.store = connect(store_url or installation.ready["redis_url"])
        self.inspector = Inspector(self.store)

    @property
    def up(self) -> int:
        """The process id of the supervisor."""
        return self.installation.process.pid

    @property
    def api_url(self) -> str:
        return str(self.installation.ready["api_url"])

    def short_url(self, code: str) -> str:
        return f"{self.installation.ready['link_url']}/{code}"

    def pid(self, role: str) -> int:
        return processes.find(self.up, role)

    def set_faults(self, **switches: object) -> dict[str, object]:
        """Set the simulated carrier's faults."""
        url = f"{self.installation.ready['simulator_url']}/simulator/faults"
        answer = requests.post(url, json=switches, timeout=10)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def struck(self) -> dict[str, int]:
        """Read how many requests each fault has struck since the faults were set."""
        url = f"{self.installation.ready['simulator_url']}/simulator/faults"
        return dict(requests.get(url, timeout=10).json()["struck"])

    def codes_at_carrier(self) -> list[str]:
        """Name the code in each message that the carrier has taken."""
        return [text.split("/")[-1].split(" ")[0] for text in self.texts_at_carrier()]

    def texts_at_carrier(self) -> list[str]:
        """List the texts of all messages that the carrier has taken."""
        url = f"{self.installation.ready['simulator_url']}/simulator/messages.json"
        return [str(one["body"]) for one in requests.get(url, timeout=60).json()]

    def snapshots(self, codes: Sequence[str]) -> list[Snapshot]:
        """Read messages with their callbacks and due entries."""
        found: list[Snapshot] = []
        for begin in range(0, len(codes), LOOKED_AT_ONCE):
            found += self.inspector.look_at(codes[begin : begin + LOOKED_AT_ONCE])
        return found

    def owed(self, due: Due) -> int:
        """Count what the ledger owes; more than nothing while the store is away."""
        try:
            return Ledger(self.store).depth(due)
        except StoreUnavailable:
            return 1

    def due_times(self) -> dict[str, float]:
        """Read every due entry with its time."""
        entries: dict[str, float] = {}
        for partition in PARTITIONS:
            for name in (keys.due_messages(partition), keys.due_callbacks(partition)):
                found: Any = self.store.zrange(name, 0, -1, withscores=True)
                entries |= {f"{name} {member}": score for member, score in found}
        return entries

    def events(self, kind: EntryKind) -> Iterator[Entry]:
        """Walk over the logged events of a kind."""
        for partition in PARTITIONS:
            yield from (entry for entry in self.inspector.events(partition) if entry.kind is kind)

    def breaches(self) -> list[str]:
        """Audit every invariant, as `shortlink audit` does."""
        return [f"{one.invariant} {one.subject} {one.seen}" for one in audit_store(self.inspector)]

    def kill_and_start(self) -> float:
        """Kill the supervisor, which all it has started follows, start it on the same ports, and give the seconds."""
        began = time.monotonic()
        ready = self.installation.ready
        self.installation.stop(signal.SIGKILL)
        urls = {"--port": "api_url", "--link-port": "link_url", "--simulator-port": "simulator_url"}
        ports = [word for option, name in urls.items() for word in (option, str(urlsplit(ready[name]).port))]
        self.installation = self._start_again(ports)
        return time.monotonic() - began

    def run_command(self, *words: str) -> None:
        """Run a command of `shortlink` on this installation."""
        command = [str(Path(sys.executable).parent / "shortlink"), *words, "--data", str(self.spool.parent)]
        subprocess.run(command, check=True, capture_output=True, timeout=30)

    def run_beside(self, role: str, *command: str) -> subprocess.Popen[bytes]:
        """Start another process with the very settings of one that runs; the caller ends it."""
        raw = Path(f"/proc/{self.pid(role)}/environ").read_bytes()
        pairs = (item.partition(b"=") for item in raw.split(b"\0") if item)
        environment = {name.decode(): value.decode() for name, _, value in pairs}
        return subprocess.Popen(command, env=tied(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def running(
    *, durable: bool = False, settings: dict[str, str] | None = None, store_url: str | None = None
) -> Iterator[Service]:
    """Run an installation for as long as the `with` lasts; every process of it is gone afterwards.

    `store_url` is where the checker finds the store when the settings lead there by another way.
    """
    with tempfile.TemporaryDirectory(prefix="sl-") as folder:  # a short path: the store's socket lies in it
        options = ("--durable",) if durable else ()
        data = Path(folder) / "d"

        def begin(ports: Sequence[str] = ()) -> Installation:
            return start(data, settings=IMPATIENT | (settings or {}), options=(*options, *ports))

        service = Service(begin(), data, begin, store_url)
        try:
            yield service
        finally:
            service.store.close()
            if service.installation.process.poll() is None:
                service.installation.stop()


def wait_for(condition: Callable[[], bool], *, seconds: float) -> float | None:
    """Wait until a condition holds and give the seconds it took; None when the time is up."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.1)
    return time.monotonic() - began


def show_progress(text: str) -> None:
    """Say how far a long test is, when there is somebody to read it."""
    if os.environ.get("CHAOS_PROGRESS"):
        print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)
