"""A short data directory, and small supervisors that are always ended with the test."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from tests.supervisor import small_up
from tests.supervisor.processes import lives
from tests.waiting import wait_until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
STORE_SPEC = ["store", 2, 5.0, int(SIGTERM), ["STORE"]]
SLEEPER_SPEC = ["sleeper", 0, 5.0, int(SIGKILL), SLEEPER]


class SmallUp:
    """A running `small_up.py`."""

    def __init__(self, directory: Path, specs: list[list[object]], log: Path) -> None:
        self.directory = directory
        self._log = log
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, small_up.__file__, str(directory), json.dumps(specs)],
                stderr=stream,
                start_new_session=True,  # so that a test can press Ctrl-C
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def pids(self) -> dict[str, int]:
        try:
            found: dict[str, int] = json.loads((self.directory / "pids.json").read_text())
        except FileNotFoundError:
            return {}
        return found

    def pid(self, name: str, *, other_than: int | None = None) -> int:
        """Wait for a child to run, and say under which id."""
        wait_until(lambda: (pid := self.pids().get(name)) is not None and pid != other_than and lives(pid))
        return self.pids()[name]


@pytest.fixture
def directory() -> Iterator[Path]:
    """A path short enough for a socket; nothing is there yet."""
    with tempfile.TemporaryDirectory(prefix="sl-") as parent:
        yield Path(parent) / "data"


@pytest.fixture
def small_up_on(tmp_path: Path) -> Iterator[Callable[..., SmallUp]]:
    """Start small supervisors."""
    started: list[SmallUp] = []

    def start(directory: Path, *specs: list[object]) -> SmallUp:
        (directory / "pids.json").unlink(missing_ok=True)
        started.append(SmallUp(directory, list(specs), tmp_path / f"log{len(started)}"))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
