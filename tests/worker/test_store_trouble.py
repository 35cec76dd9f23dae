"""A worker waits out whatever is the matter with the store, says so once, and works on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from shortlink.domain.due import Due
from shortlink.lifeline import tied
from shortlink.outbox import Outbox, connect_queue
from shortlink.storage import keys
from shortlink.supervisor.embedded_store import EmbeddedStore
from tests.supervisor.processes import descendants, end, lives
from tests.waiting import wait_until

ROLES = ("worker-messages", "worker-callbacks")
Trouble = Callable[[redis.Redis], object]


class OwnStore:
    """A store of one test alone, which may be in trouble."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="sl-")
        self._running = ExitStack()
        self._store = EmbeddedStore(Path(self._folder.name))
        self.url = self._store.url

    def start(self) -> redis.Redis:
        self._running.enter_context(self._store.running())
        return redis.Redis.from_url(self.url, decode_responses=True)

    def stop(self) -> None:
        self._running.close()

    def remove(self) -> None:
        self.stop()
        self._folder.cleanup()


@pytest.fixture
def own_store() -> Iterator[OwnStore]:
    store = OwnStore()
    yield store
    store.remove()


class Workers:
    """A running `python -m worker`."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as words:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "worker"],
                env=tied({**environment, "SHORTLINK_LOG_FORMAT": "json"}),
                stderr=words,
            )

    def said(self) -> list[str]:
        """Every line of the log, each of which is an object."""
        return [json.loads(line)["message"] for line in self._log.read_text().splitlines()]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def start_workers(own_store: OwnStore, environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[], Workers]]:
    started: list[Workers] = []

    def start() -> Workers:
        started.append(Workers({**environment, "SHORTLINK_REDIS_URL": own_store.url}, tmp_path / "log"))
        return started[-1]

    yield start
    for one in started:
        end(one.process.pid)
        one.process.wait()


def wait_until_both_work(client: redis.Redis) -> None:
    outbox = Outbox(connect_queue(f"unix://{client.connection_pool.connection_kwargs['path']}"))
    for due in Due:
        outbox.offer(due, [["no such item"]])
    wait_until(lambda: all(outbox.backlog(due) == 0 for due in Due))


def beginnings(said: list[str]) -> list[str]:
    return [line for line in said if "trying again" in line]


def endings(said: list[str]) -> list[str]:
    return [line for line in said if "can be used again" in line]


def disk_is_full(client: redis.Redis) -> None:
    """Let the store's snapshot fail, after which it takes no writes."""
    folder = client.config_get("dir")["dir"]
    assert folder is not None
    (Path(folder) / "dump.rdb").mkdir()
    client.config_set("save", "3600 1")
    client.bgsave()
    wait_until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")


def disk_has_room(client: redis.Redis) -> None:
    client.config_set("save", "")


def test_workers_that_start_before_their_store_wait_for_it(
    own_store: OwnStore, start_workers: Callable[[], Workers]
) -> None:
    workers = start_workers()
    wait_until(lambda: len(beginnings(workers.said())) == 2)
    with own_store.start() as client:
        wait_until(lambda: len(endings(workers.said())) == 2)
        assert len(workers.said()) == 4
        wait_until_both_work(client)
        assert workers.stop() == 0


@pytest.mark.parametrize(
    ("begin", "over"),
    [
        pytest.param(
            lambda client: client.config_set("maxmemory", "1mb"),
            lambda client: client.config_set("maxmemory", "0"),
            id="full",
        ),
        pytest.param(
            lambda client: client.replicaof("127.0.0.1", 1),
            lambda client: client.replicaof("NO", "ONE"),
            id="read-only",
        ),
        pytest.param(disk_is_full, disk_has_room, id="cannot write to its disk"),
    ],
)
def test_workers_wait_out_a_store_that_takes_no_writes(
    begin: Trouble, over: Trouble, own_store: OwnStore, start_workers: Callable[[], Workers]
) -> None:
    with own_store.start() as client:
        workers = start_workers()
        wait_until_both_work(client)
        children = descendants(workers.process.pid)
        begin(client)
        wait_until(lambda: len(beginnings(workers.said())) == 2, within_seconds=40)
        over(client)
        wait_until(lambda: len(endings(workers.said())) == 2)
        wait_until_both_work(client)
        assert len(beginnings(workers.said())) == 2
        assert descendants(workers.process.pid) == children
        assert workers.stop() == 0


def test_workers_wait_for_a_store_that_is_started_anew(
    own_store: OwnStore, start_workers: Callable[[], Workers]
) -> None:
    with own_store.start() as client:
        workers = start_workers()
        wait_until_both_work(client)
    own_store.stop()
    wait_until(lambda: len(beginnings(workers.said())) == 2, within_seconds=40)
    with own_store.start() as client:
        wait_until_both_work(client)
        assert len(beginnings(workers.said())) == 2


def test_a_stop_is_heeded_while_the_store_is_away(start_workers: Callable[[], Workers]) -> None:
    workers = start_workers()
    wait_until(lambda: len(beginnings(workers.said())) == 2)
    assert workers.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_idle_workers_that_are_told_to_stop_end_with_0(
    number: signal.Signals, own_store: OwnStore, start_workers: Callable[[], Workers]
) -> None:
    with own_store.start() as client:
        workers = start_workers()
        wait_until(lambda: client.exists(*map(keys.presence, ROLES)) == len(ROLES))
        wait_until_both_work(client)
        assert workers.stop(number) == 0


def test_a_worker_that_was_killed_is_started_again(own_store: OwnStore, start_workers: Callable[[], Workers]) -> None:
    with own_store.start() as client:
        workers = start_workers()
        wait_until_both_work(client)
        before = descendants(workers.process.pid)
        victim = min(before)
        end(victim)
        wait_until(lambda: len(descendants(workers.process.pid) - before) == 1)
        assert not lives(victim)
        wait_until_both_work(client)
        assert workers.stop() == 0
