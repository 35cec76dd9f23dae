"""A process follows the one that started it, by the kernel's word and by looking."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.supervisor.processes import lives
from tests.waiting import wait_until

FOLLOWER = (
    "import os, time; from shortlink import lifeline; {prepare}; lifeline.die_with_parent()\n"
    "print(os.getpid(), flush=True); time.sleep(600)"
)
PARENT = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', {follower!r}]).wait()"


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param("pass", id="this system's way"),
        pytest.param("lifeline._LIBC = None", id="the way of systems without a death signal"),
    ],
)
def test_a_process_ends_when_its_parent_is_killed(prepare: str) -> None:
    follower = FOLLOWER.format(prepare=prepare)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(follower=follower)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert lives(pid)
    parent.kill()
    parent.communicate()
    wait_until(lambda: not lives(pid))
    assert not lives(pid)


def test_a_process_whose_leader_died_before_it_asked_ends_too() -> None:
    forked = (
        "import os, time; from shortlink import lifeline; lifeline.lead()\n"
        "if os.fork() == 0:\n"
        "    while os.getppid() == lifeline._leader[0]: time.sleep(0.01)\n"
        "    print(os.getpid(), flush=True); lifeline.die_with_parent(); time.sleep(600)"
    )
    leader = subprocess.Popen([sys.executable, "-c", forked], stdout=subprocess.PIPE, text=True)
    assert leader.stdout is not None
    pid = int(leader.stdout.readline())
    leader.communicate()
    wait_until(lambda: not lives(pid))
    assert not lives(pid)
