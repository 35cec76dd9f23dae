"""The rig: an installation on a directory of its own, made of the processes that `shortlink up` starts.

They are started here one by one, by the commands and settings that are documented for running them separately, so
that a figure can be taken with the doors and the store alone as well as with everything running.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench import nginx
from bench.port import HOST, accepts, answers, free_ports
from bench.program import START_SECONDS, Broken, Program
from bench.rig_store import RigStore
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.storage import keys
from shortlink.supervisor.embedded_store import EmbeddedStore

LOOK_SECONDS = 0.05
_ROLES = {
    "dispatcher": "dispatcher",
    "messages": "worker-messages",
    "callbacks": "worker-callbacks",
    "recorder": "recorder",
    "webhooks": "webhooks",
}


@contextmanager
def open_rig() -> Iterator[Rig]:
    """Start a store, the API door and the redirect door; whatever was started ends with the `with`."""
    # Not a long path: the store's socket lies in it.
    with tempfile.TemporaryDirectory(prefix="shortlink-bench-") as path, EmbeddedStore(Path(path)).running() as url:
        rig = Rig(Path(path), url)
        try:
            rig.start_doors()
            yield rig
        finally:
            rig.stop()


class Rig:
    """What runs, where it listens and how to look into its store."""

    def __init__(self, path: Path, redis_url: str) -> None:
        self._path = path
        self.redis_url = redis_url
        self._programs: dict[str, Program] = {}
        self.port, self.link_port, self._simulator_port = free_ports(3)
        self.empty_port = 0
        self.bare_nginx_port = 0
        self.granian_port = 0
        self.carrier_port = 0
        self._environment = self._settings(redis_url)
        self._doors = {
            "web": ("shortlink.web", "--door", "api", "--port", str(self.port)),
            "link": ("shortlink.redirect", "--port", str(self.link_port)),
        }
        self._rest = {
            "simulator": (
                "shortlink.simulator",
                "--port",
                str(self._simulator_port),
                "--data",
                str(path / "sms.sqlite3"),
            ),
            "dispatcher": ("worker.dispatcher",),
            "messages": ("worker", "messages"),
            "callbacks": ("worker", "callbacks"),
            "recorder": ("worker.recorder",),
            "webhooks": ("worker.webhooks",),
        }
        self.store = RigStore(redis_url)
        self.account = self.add_account("bench")

    def start_doors(self) -> None:
        """Start what answers requests."""
        for name, command in self._doors.items():
            self._start(name, command)
        self._programs["web"].wait_until(lambda: answers(self.port, "/healthz"))
        self._programs["link"].wait_until(lambda: answers(self.link_port, "/healthz"))

    def start_rest(self) -> None:
        """Start everything beside the doors, unless it runs: the simulator, the workers, the recorder of events."""
        if "simulator" not in self._programs:
            self._start("simulator", self._rest["simulator"])
        self.start_workers(*_ROLES)
        self._wait(lambda: answers(self.port, "/readyz"), START_SECONDS, "not everything came up")

    def stop_rest(self) -> None:
        """Leave only the doors and the store, and what the bench started beside them."""
        for program in [self._programs.pop(name) for name in reversed(self._rest) if name in self._programs]:
            program.stop()

    def start_empty_view(self) -> None:
        """Start the baselines beside the doors, unless they run."""
        if "empty" in self._programs:
            return
        self.empty_port, self.granian_port = free_ports(2)
        for name, kind, port in (("empty", "own", self.empty_port), ("granian", "granian", self.granian_port)):
            program = self._start(name, ("bench.empty_view", kind, str(port)))
            program.wait_until(partial(answers, port, "/"))

    def start_stand_in(self, latency_ms: float) -> None:
        """Start a carrier that costs next to nothing in the simulator's place, unless it runs."""
        if "carrier" in self._programs:
            return
        self.stop_rest()
        (self.carrier_port,) = free_ports(1)
        self._environment |= {
            "SHORTLINK_TWILIO_URL": f"http://{HOST}:{self.carrier_port}",
            "SHORTLINK_RECEIPT_SCHEDULE": "3600",  # it sends no receipts, and is not to be asked instead
        }
        program = self._start("carrier", ("bench.carrier", str(self.carrier_port), str(latency_ms)))
        program.wait_until(lambda: answers(self.carrier_port, "/healthz"))

    def limit_carrier(self, per_second: float) -> None:
        """Have what is started from now on hand the carrier so many messages a second; 0 is no limit."""
        self.stop_workers(*_ROLES)
        self._environment["SHORTLINK_CARRIER_RATE"] = str(per_second)

    def start_workers(self, *names: str) -> None:
        """Start these of what works off the ledger, unless they run, and wait until each has shown itself."""
        started = [name for name in names if name not in self._programs]
        for name in started:
            self.store.client.delete(keys.presence(_ROLES[name]))
            self._start(name, self._rest[name])
        for name in started:
            self._wait(partial(self._is_seen, _ROLES[name]), START_SECONDS, f"{name} did not show itself")

    def _is_seen(self, role: str) -> bool:
        return bool(self.store.client.exists(keys.presence(role)))

    def stop_workers(self, *names: str) -> None:
        """Stop these, if they run."""
        for name in names:
            if (program := self._programs.pop(name, None)) is not None:
                program.stop()

    def start_nginx(self) -> int:
        """Start nginx beside the doors, with as many processes as the redirect door has; returns the port with Lua."""
        folder = self._path / "nginx"
        folder.mkdir(exist_ok=True)
        port, self.bare_nginx_port = free_ports(2)
        socket = self.redis_url.removeprefix("unix://").partition("?")[0]
        workers = len(self._programs["link"].pids()) - 1
        command = nginx.command(folder, port=port, bare_port=self.bare_nginx_port, socket=socket, workers=workers)
        program = Program("nginx", command, os.environ, self._path / "nginx.log")
        self._programs["nginx"] = program
        program.wait_until(lambda: accepts(port))
        return port

    def resident_bytes(self) -> dict[str, int]:
        """The memory that each process of the service holds, and the store; 0 where there is no /proc."""
        used = {name: program.resident_bytes() for name, program in self._programs.items()}
        return used | {"store": self.store.resident_bytes()}

    def wait_until_log_is_compact(self, within_seconds: float) -> None:
        """Wait until the store does not rewrite its append-only file, which takes a core. Raises Broken."""
        self._wait(self.store.is_log_compact, within_seconds, "the store rewrites its log for ever")

    @property
    def path(self) -> Path:
        """A folder for whatever a figure needs."""
        return self._path

    def cpu_seconds(self, name: str) -> float:
        """The processor time that a process of the rig has used so far."""
        return self._programs[name].cpu_seconds()

    def wait_until_delivered(self, say: Callable[[str], None], within_seconds: float) -> None:
        """Wait until every message is in a final state. Raises Broken when the time is up."""
        told = time.monotonic()

        def delivered() -> bool:
            nonlocal told
            owed = self.store.owed_messages()
            if owed and time.monotonic() - told > 10:
                told = time.monotonic()
                say(f"{owed:,} still to be delivered")
            return owed == 0

        self._wait(delivered, within_seconds, "not every message was delivered in time")

    def stop(self) -> None:
        """End every process, those that were started last first."""
        for program in reversed(self._programs.values()):
            program.stop()
        self.store.close()

    def _start(self, name: str, command: tuple[str, ...]) -> Program:
        program = Program(name, (sys.executable, "-m", *command), self._environment, self._path / f"{name}.log")
        self._programs[name] = program
        return program

    def _wait(self, ready: Callable[[], bool], seconds: float, otherwise: str) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            for program in self._programs.values():
                program.check()
            if time.monotonic() > deadline:
                raise Broken(otherwise)
            time.sleep(LOOK_SECONDS)

    def _settings(self, redis_url: str) -> dict[str, str]:
        """Set what `shortlink up` sets, and nothing from the user's own environment."""
        given = {name: value for name, value in os.environ.items() if not name.startswith(("SHORTLINK_", "TWILIO_"))}
        return given | {
            "SHORTLINK_REDIS_URL": redis_url,
            "SHORTLINK_SECRET_KEY": secrets.token_hex(32),
            "SHORTLINK_API_URL": f"http://{HOST}:{self.port}",
            "SHORTLINK_LINK_URL": f"http://{HOST}:{self.link_port}",
            "SHORTLINK_CALLBACK_ALLOW": "127.0.0.0/8",
            "SHORTLINK_SPOOL_DIR": str(self._path / "spool"),
            "SHORTLINK_ARCHIVE_DIR": str(self._path / "archive"),
            "SHORTLINK_TWILIO_URL": f"http://{HOST}:{self._simulator_port}",
            "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        }

    def add_account(self, name: str, *, send_rate: float = 0.0) -> tuple[str, str]:
        """Add an account that may send so often, by default without a limit; gives its SID and its token."""
        desk = open_accounts(Settings.from_env(self._environment))
        added = desk.add(name, send_rate=send_rate)
        return added.sid, added.auth_token
