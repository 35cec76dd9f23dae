"""An empty store as RQ sees it; real processes of this package, started by another one as a shell starts them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from shortlink.outbox import connect_queue
from tests.supervisor.processes import end
from tests.supervisor.starter import Starter

CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("SHORTLINK_", "TWILIO_"))}


@pytest.fixture(autouse=True)
def hears_a_closed_terminal() -> Iterator[None]:
    """Let processes be started as from a terminal: under `nohup`, they would ignore its end as these tests do."""
    before = signal.getsignal(signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def start_by_another() -> Iterator[Callable[..., Starter]]:
    """Start a process by another one; whatever becomes of the other, it is gone after the test."""
    started: list[Starter] = []

    def start(command: list[str], environment: dict[str, str], *, ties: bool) -> Starter:
        started.append(Starter(command, environment, ties=ties))
        return started[-1]

    yield start
    for one in started:
        one.leave()
        end(one.pid)


@pytest.fixture
def connection(valkey_url: str, store: object) -> redis.Redis:
    """RQ's own way to an empty store."""
    return connect_queue(valkey_url)


@pytest.fixture
def environment(valkey_url: str, store: object, tmp_path: Path) -> dict[str, str]:
    """The settings of a process on an empty store."""
    return {
        **CLEAN,
        "SHORTLINK_REDIS_URL": valkey_url,
        "SHORTLINK_SECRET_KEY": "k" * 32,
        "SHORTLINK_ARCHIVE_DIR": str(tmp_path / "archive"),
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "TWILIO_AUTH_TOKEN": "token",
    }
