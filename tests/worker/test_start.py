"""Who a process of this package ends with: with nobody, unless its parent has asked for it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
import redis

from shortlink.lifeline import tied
from shortlink.storage import keys
from tests.supervisor.processes import descendants, lives
from tests.supervisor.starter import Starter
from tests.waiting import wait_until

Start = Callable[..., Starter]
PROCESSES = {
    "dispatcher": ["worker.dispatcher"],
    "recorder": ["worker.recorder"],
    "webhooks": ["worker.webhooks"],
    "worker-messages": ["worker", "messages"],
    "worker-callbacks": ["worker"],
}


def wait_for_sign_of_life(store: redis.Redis, role: str) -> None:
    wait_until(lambda: store.exists(keys.presence(role)))


def wait_for_another_sign_of_life(store: redis.Redis, *roles: str) -> None:
    store.delete(*[keys.presence(role) for role in roles])
    for role in roles:
        wait_for_sign_of_life(store, role)


def test_every_process_outlives_the_script_that_put_it_in_the_background(
    start_by_another: Start, environment: dict[str, str], store: redis.Redis
) -> None:
    starters = {  # all at once: each second sign of life takes seconds to come
        role: start_by_another([sys.executable, "-m", *module], environment, ties=False)
        for role, module in PROCESSES.items()
    }
    for role, starter in starters.items():
        wait_for_sign_of_life(store, role)
        starter.leave()
    wait_for_another_sign_of_life(store, *starters)
    assert [role for role, starter in starters.items() if not lives(starter.pid)] == []


def test_a_process_ends_with_a_parent_that_asked_for_it(
    start_by_another: Start, environment: dict[str, str], store: redis.Redis
) -> None:
    starter = start_by_another([sys.executable, "-m", "worker.dispatcher"], environment, ties=True)
    wait_for_sign_of_life(store, "dispatcher")
    starter.leave()
    wait_until(lambda: not lives(starter.pid))


def test_both_workers_end_with_the_process_that_has_them_for_children(
    start_by_another: Start, environment: dict[str, str], store: redis.Redis
) -> None:
    starter = start_by_another([sys.executable, "-m", "worker"], environment, ties=True)
    for role in ("worker-messages", "worker-callbacks"):
        wait_for_sign_of_life(store, role)
    children = descendants(starter.pid)
    assert len(children) == 2
    starter.leave()
    for pid in (starter.pid, *children):
        wait_until(lambda pid=pid: not lives(pid))  # type: ignore[misc]


@pytest.mark.parametrize("role", PROCESSES)
def test_a_terminal_that_is_closed_stops_a_process_as_sigterm_does(
    role: str, environment: dict[str, str], store: redis.Redis
) -> None:
    process = subprocess.Popen([sys.executable, "-m", *PROCESSES[role]], env=tied(environment))
    try:
        wait_for_sign_of_life(store, role)
        process.send_signal(signal.SIGHUP)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_a_process_under_nohup_stays_when_the_terminal_is_closed(
    environment: dict[str, str], store: redis.Redis
) -> None:
    command = ["nohup", sys.executable, "-m", "worker.dispatcher"]
    process = subprocess.Popen(command, env=tied(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        wait_for_sign_of_life(store, "dispatcher")
        process.send_signal(signal.SIGHUP)
        wait_for_another_sign_of_life(store, "dispatcher")
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
