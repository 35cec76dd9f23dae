"""Who a process of this package ends with: with nobody, unless its parent has asked for it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
import redis

from shortlink.storage import keys
from tests.supervisor.processes import descendants, lives, wait_until
from tests.supervisor.starter import Starter

Start = Callable[..., Starter]
PROCESSES = {
    "dispatcher": ["worker.dispatcher"],
    "recorder": ["worker.recorder"],
    "webhooks": ["worker.webhooks"],
    "worker-messages": ["worker", "messages"],
    "worker-callbacks": ["worker"],
}


def wait_for_sign_of_life(store: redis.Redis, role: str) -> None:
    store.delete(keys.presence(role))
    wait_until(lambda: store.exists(keys.presence(role)))


@pytest.mark.parametrize("role", PROCESSES)
def test_a_process_outlives_the_script_that_put_it_in_the_background(
    role: str, start_by_another: Start, environment: dict[str, str], store: redis.Redis
) -> None:
    starter = start_by_another([sys.executable, "-m", *PROCESSES[role]], environment, ties=False)
    wait_for_sign_of_life(store, role)
    starter.leave()
    wait_for_sign_of_life(store, role)
    assert lives(starter.pid)


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
