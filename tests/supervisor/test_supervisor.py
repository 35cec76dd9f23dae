"""Supervision, with real processes and real signals."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from shortlink.supervisor.directory_lock import DirectoryInUse, DirectoryLock
from shortlink.supervisor.embedded_store import EmbeddedStore
from shortlink.supervisor.supervisor import TOGETHER_SECONDS
from tests.supervisor.conftest import SLEEPER, SLEEPER_SPEC, STORE_SPEC, SmallUp
from tests.supervisor.processes import end, lives
from tests.waiting import wait_until

StartSmallUp = Callable[..., SmallUp]
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"


def _client(directory: Path) -> redis.Redis:
    store = EmbeddedStore(directory)
    wait_until(store.answers)
    return redis.Redis.from_url(store.url, decode_responses=True)


def _python(text: str) -> list[str]:
    return [sys.executable, "-c", text]


def test_sigterm_ends_every_process_and_exits_0(directory: Path, small_up_on: StartSmallUp) -> None:
    up = small_up_on(directory, STORE_SPEC, SLEEPER_SPEC)
    pids = [up.pid("store"), up.pid("sleeper")]
    up.process.terminate()
    assert up.process.wait(10) == 0
    assert [pid for pid in pids if lives(pid)] == []


def test_ctrl_c_ends_every_process_and_exits_0(directory: Path, small_up_on: StartSmallUp) -> None:
    up = small_up_on(directory, SLEEPER_SPEC)
    pid = up.pid("sleeper")
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(10) == 0
    assert not lives(pid)


def test_a_killed_child_is_started_again_and_reported(directory: Path, small_up_on: StartSmallUp) -> None:
    up = small_up_on(directory, SLEEPER_SPEC)
    first = up.pid("sleeper")
    end(first)
    assert up.pid("sleeper", other_than=first) != first
    assert "sleeper was ended by SIGKILL; starting it again in 0.1 s" in up.log


def test_a_killed_store_comes_back_with_its_data(directory: Path, small_up_on: StartSmallUp) -> None:
    up = small_up_on(directory, STORE_SPEC)
    first = up.pid("store")
    with _client(directory) as client:
        client.set("kept", "yes")
        wait_until(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0)
    end(first)
    up.pid("store", other_than=first)
    with _client(directory) as client:
        assert client.get("kept") == "yes"


def test_a_child_that_cannot_start_is_tried_with_growing_waits(directory: Path, small_up_on: StartSmallUp) -> None:
    up = small_up_on(directory, ["broken", 0, 1.0, 9, ["/no/such/program"]], ["brief", 0, 1.0, 9, _python("exit(3)")])
    wait_until(lambda: "in 0.8 s" in up.log and up.log.count("brief ended with exit code 3") >= 4)
    waits = [line.rpartition(" in ")[2] for line in up.log.splitlines() if "broken could not be started" in line]
    assert waits[:4] == ["0.1 s", "0.2 s", "0.4 s", "0.8 s"]


def test_lines_of_a_child_come_out_behind_its_name(directory: Path, small_up_on: StartSmallUp) -> None:
    talk = _python("import sys, time; print('to one', flush=True); sys.stderr.write('no end'); exit()")
    up = small_up_on(directory, ["talker", 0, 1.0, 9, talk])
    wait_until(lambda: "no end" in up.log)
    assert {"talker     | to one", "talker     | no end"} <= set(up.log.splitlines())


def test_a_child_that_ignores_sigterm_is_killed_after_its_time(directory: Path, small_up_on: StartSmallUp) -> None:
    up = small_up_on(directory, ["stubborn", 0, 0.2, 9, _python(DEAF)])
    pid = up.pid("stubborn")
    wait_until(lambda: "deaf" in up.log)
    up.process.terminate()
    assert up.process.wait(10) == 0
    assert not lives(pid)
    assert "stubborn did not end in time and is killed" in up.log


def test_another_signal_a_second_later_ends_the_waiting_but_lets_the_store_end_by_itself(
    directory: Path, small_up_on: StartSmallUp
) -> None:
    stubborn = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('heard', flush=True))\n"
        "print('deaf', flush=True)\n"
        "while True: time.sleep(600)\n"
    )
    up = small_up_on(directory, STORE_SPEC, ["stubborn", 0, 600.0, 9, _python(stubborn)])
    wait_until(lambda: "deaf" in up.log)
    up.process.terminate()
    wait_until(lambda: "heard" in up.log)
    time.sleep(TOGETHER_SECONDS)
    up.process.terminate()
    assert up.process.wait(10) == 0
    assert "stubborn did not end in time and is killed" in up.log
    assert "store did not end in time" not in up.log


def test_a_signal_that_comes_twice_at_once_still_lets_everybody_finish(
    directory: Path, small_up_on: StartSmallUp
) -> None:
    finisher = (
        "import signal, sys, time\n"
        "def leave(*_): print('leaving', flush=True); time.sleep(0.5); print('finished', flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave); print('here', flush=True)\n"
        "while True: signal.pause()\n"
    )
    up = small_up_on(directory, ["finisher", 0, 600.0, 9, _python(finisher)])
    wait_until(lambda: "here" in up.log)
    up.process.terminate()
    wait_until(lambda: "leaving" in up.log)
    up.process.terminate()  # as make passes on what it and its child were both sent
    assert up.process.wait(10) == 0
    assert "finisher   | finished" in up.log


def test_ctrl_c_reaches_the_supervisor_alone_and_the_store_outlives_those_who_use_it(
    directory: Path, small_up_on: StartSmallUp
) -> None:
    goodbye = (
        "import signal, sys, time, redis\n"
        f"client = redis.Redis.from_url({EmbeddedStore(directory).url!r})\n"
        "def leave(*_): time.sleep(0.5); client.set('goodbye', 'said'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave); print('here', flush=True)\n"
        "while True: signal.pause()\n"
    )
    up = small_up_on(directory, STORE_SPEC, ["user", 0, 5.0, 9, _python(goodbye)])
    wait_until(lambda: "user       | here" in up.log)
    os.killpg(up.process.pid, signal.SIGINT)  # as a terminal does
    assert up.process.wait(10) == 0
    with EmbeddedStore(directory).running() as url, redis.Redis.from_url(url, decode_responses=True) as client:
        assert client.get("goodbye") == "said"


def test_processes_left_by_a_dead_child_are_killed_before_it_runs_again(
    directory: Path, small_up_on: StartSmallUp
) -> None:
    family = f"import subprocess, time; print(subprocess.Popen({SLEEPER!r}).pid, flush=True); time.sleep(600)"
    up = small_up_on(directory, ["family", 0, 1.0, 9, _python(family)])
    wait_until(lambda: "family     | " in up.log)
    grandchild = int(up.log.split("family     | ")[1].split()[0])
    end(up.pid("family"))
    wait_until(lambda: not lives(grandchild))
    assert up.process.poll() is None


def test_children_follow_a_killed_supervisor_and_the_next_one_starts(
    directory: Path, small_up_on: StartSmallUp
) -> None:
    up = small_up_on(directory, STORE_SPEC, SLEEPER_SPEC)
    pids = [up.pid("store"), up.pid("sleeper")]
    with _client(directory) as client:
        client.set("kept", "yes")
    up.process.kill()
    up.process.wait()
    following = small_up_on(directory, STORE_SPEC, SLEEPER_SPEC)
    following.pid("sleeper")
    assert [pid for pid in pids if lives(pid)] == []
    with _client(directory) as client:
        assert client.get("kept") == "yes"


def test_the_directory_stays_in_use_while_a_child_of_a_killed_supervisor_lives(
    directory: Path, small_up_on: StartSmallUp
) -> None:
    deaf = _python(DEAF)
    up = small_up_on(directory, ["deaf", 0, 1.0, int(signal.SIGTERM), deaf])
    pid = up.pid("deaf")
    wait_until(lambda: "deaf       | deaf" in up.log)
    up.process.kill()
    up.process.wait()
    lock = DirectoryLock(directory)
    with pytest.raises(DirectoryInUse, match="left behind"):
        lock.claim("up", patience_seconds=0.1)
    lock.claim("up", while_waiting=lambda: end(pid))
    assert not lives(pid)
    lock.release()


def test_a_second_supervisor_on_a_directory_in_use_is_refused(directory: Path, small_up_on: StartSmallUp) -> None:
    up = small_up_on(directory, SLEEPER_SPEC)
    pid = up.pid("sleeper")
    second = small_up_on(directory, SLEEPER_SPEC)
    assert second.process.wait(10) == 1
    assert f"{directory} is in use by `shortlink up` with process id {up.process.pid}" in second.log
    assert lives(pid)
