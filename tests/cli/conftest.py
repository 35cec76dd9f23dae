"""A data directory, the command line in this process, and whole services as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from shortlink.bootstrap.operations import Inspection, open_inspection
from shortlink.cli import main
from shortlink.config import Settings
from shortlink.domain.message import Message
from shortlink.supervisor.data_directory import DataDirectory
from tests.factories import link_start, make_message
from tests.supervisor.processes import end

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("SHORTLINK_", "TWILIO_"))}
SHORTLINK = [sys.executable, "-c", "from shortlink.cli import main; main()"]
ANY_PORTS = ["--port", "0", "--link-port", "0", "--simulator-port", "0"]


class Up:
    """A running `shortlink up --json`."""

    def __init__(self, data: Path, arguments: list[str], settings: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [*SHORTLINK, "up", "--data", str(data), "--json", *arguments],
                stdout=subprocess.PIPE,
                stderr=stream,
                text=True,
                env=CLEAN | settings,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def ready(self) -> dict[str, Any]:
        """Wait for the ready line."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log
        found: dict[str, Any] = json.loads(line)
        return found

    def stop(self) -> int:
        """End it as a person would, and give its exit code."""
        self.process.terminate()
        return self.process.wait(10)


@pytest.fixture(scope="module")
def module_directory() -> Iterator[Path]:
    """A directory path that a whole module shares, short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="sl-") as parent:
        yield Path(parent) / "data"


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory path, short enough for a socket; nothing is there yet."""
    with tempfile.TemporaryDirectory(prefix="sl-") as parent:
        yield Path(parent) / "data"


@pytest.fixture(scope="module")
def start_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Up]]:
    """Start services; what still runs at the end is killed."""
    started: list[Up] = []

    def start(data: Path, *arguments: str, **settings: str) -> Up:
        log = tmp_path_factory.mktemp("up") / "log"
        started.append(Up(data, list(arguments) or ANY_PORTS, settings, log))
        return started[-1]

    yield start
    for one in started:
        end(one.process.pid)
        one.process.communicate()


@pytest.fixture
def run_cli(directory: Path) -> Iterator[Callable[..., Result]]:
    """Run a command in this process, on this test's data directory."""
    umask = os.umask(0o022)
    absent = {name: None for name in os.environ if name.startswith(("SHORTLINK_", "TWILIO_"))}

    def run(*words: str, charset: str = "utf-8", **settings: str) -> Result:
        return CliRunner(charset=charset).invoke(
            main, words, env={**absent, "SHORTLINK_DATA": str(directory), **settings}
        )

    yield run
    os.umask(umask)


@pytest.fixture
def data(tmp_path: Path) -> DataDirectory:
    """A data directory that is there, and empty."""
    directory = DataDirectory(tmp_path / "data")
    directory.create()
    return directory


@pytest.fixture
def given(valkey_url: str, store: object) -> dict[str, str]:
    """Settings that lead the command line to an empty store."""
    return {"SHORTLINK_REDIS_URL": valkey_url, "SHORTLINK_SECRET_KEY": "a secret key of the tests, long enough"}


@pytest.fixture
def here(given: dict[str, str]) -> Inspection:
    """The same store, as the service sees it."""
    return open_inspection(Settings.from_env(given))


@pytest.fixture
def accept() -> Callable[..., Message]:
    """Put a message into a store."""

    def put(here: Inspection, message: Message | None = None) -> Message:
        made = message or make_message()
        today = int(time.time()) // 86_400
        return here.messages.get(here.messages.add(made, link_start=link_start(made), today=today))

    return put
