"""The end of a run of the bench that is cut short: nothing that it started goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.__main__ import STOPPED
from tests.waiting import wait_until

# Its taps are wrk's, and without it there is nothing to be left behind; macOS has no /proc to look for that in.
pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="there is no /proc to look into"),
    pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where a bench keeps its files; all that it starts has the folder's name in its environment."""
    with tempfile.TemporaryDirectory(prefix="sl-") as path:
        yield Path(path)


def running(folder: Path) -> dict[int, str]:
    """Name what runs with this folder, by process id."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.fsencode(folder) in (process / "environ").read_bytes():
                found[int(process.name)] = (process / "comm").read_text().strip()
        except OSError:  # it ended while we looked
            continue
    return found


@pytest.fixture
def tapping(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A bench in the middle of its taps."""
    bench = subprocess.Popen(
        [sys.executable, "-m", "bench", "--quick", "--only", "redirect", "--json", str(folder / "bench.json")],
        env={**os.environ, "TMPDIR": str(folder)},
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # a background job has none
    )
    try:
        wait_until(lambda: "wrk" in running(folder).values(), within_seconds=60)
        yield bench
    finally:
        for pid in running(folder):
            os.kill(pid, signal.SIGKILL)
        bench.communicate()


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_bench_that_is_stopped_takes_down_all_that_it_started_and_says_so(
    tapping: subprocess.Popen[str], folder: Path, told: signal.Signals
) -> None:
    tapping.send_signal(told)
    _, said = tapping.communicate(timeout=60)
    assert tapping.returncode == STOPPED
    assert said.endswith("stopped; whatever ran is ended, and nothing is written\n")
    assert "Traceback" not in said
    assert (running(folder), list(folder.iterdir())) == ({}, [])


def test_a_bench_that_is_killed_leaves_nobody_who_taps_on(tapping: subprocess.Popen[str], folder: Path) -> None:
    tapping.kill()
    wait_until(lambda: not running(folder), within_seconds=30)
