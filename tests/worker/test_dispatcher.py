"""The dispatcher: wakes at once, survives a lost queue, stops when told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import redis

from shortlink.domain.due import Due
from shortlink.outbox import Outbox, open_queue
from shortlink.storage.connection import connect
from shortlink.storage.pace import PaceStore
from tests.factories import link_start, make_message, open_messages
from tests.waiting import wait_until
from tests.worker.dispatching import dispatching
from worker.dispatcher import Dispatcher


@pytest.fixture
def outbox(connection: redis.Redis) -> Outbox:
    return Outbox(connection)


@pytest.fixture
def accept(valkey_url: str, store: object) -> Callable[[], str]:
    messages = open_messages(connect(valkey_url))

    def put() -> str:
        message = make_message()
        return messages.add(message, link_start=link_start(message), today=0)

    return put


@pytest.fixture
def offered(connection: redis.Redis) -> Callable[[], int]:
    """Count the ids that wait in the queue."""
    queue = open_queue(Due.MESSAGES, connection)
    return lambda: sum(len(job.args[0]) for job in queue.get_jobs())


@pytest.fixture
def running(valkey_url: str, outbox: Outbox) -> Iterator[Dispatcher]:
    with dispatching(valkey_url, outbox, rate=0) as dispatcher:
        yield dispatcher


def test_an_accepted_message_is_offered(running: Dispatcher, outbox: Outbox, accept: Callable[[], str]) -> None:
    accept()
    wait_until(lambda: outbox.backlog(Due.MESSAGES) == 1)


def test_deleting_every_key_of_rq_costs_time_only(
    running: Dispatcher, outbox: Outbox, connection: redis.Redis, accept: Callable[[], str]
) -> None:
    accept()
    wait_until(lambda: outbox.backlog(Due.MESSAGES) == 1)
    connection.delete(*connection.keys("rq:*"))
    assert outbox.backlog(Due.MESSAGES) == 0
    wait_until(lambda: outbox.backlog(Due.MESSAGES) >= 1)


def test_a_backlog_stays_in_the_ledger(
    running: Dispatcher, outbox: Outbox, connection: redis.Redis, accept: Callable[[], str]
) -> None:
    for _ in range(40):
        outbox.offer(Due.MESSAGES, [["xxxxxxxxx"]])
    accept()
    time.sleep(0.6)  # two of its rounds
    assert outbox.backlog(Due.MESSAGES) == 40
    connection.delete("rq:queue:messages")
    wait_until(lambda: outbox.backlog(Due.MESSAGES) == 1)


@pytest.mark.parametrize("rate", [1, 10, 100])
def test_under_a_carrier_rate_half_a_seconds_worth_is_offered_and_no_more(
    rate: int, valkey_url: str, outbox: Outbox, accept: Callable[[], str], offered: Callable[[], int]
) -> None:
    for _ in range(120):
        accept()
    with dispatching(valkey_url, outbox, rate=rate):
        wait_until(offered)
        time.sleep(0.6)  # a lost queue would be filled again meanwhile
        assert rate * 0.4 <= offered() <= rate * 0.5 + 1


def test_several_dispatchers_offer_no_more_than_one_each_would(
    valkey_url: str, outbox: Outbox, accept: Callable[[], str], offered: Callable[[], int]
) -> None:
    for _ in range(20):
        accept()
    with dispatching(valkey_url, outbox, rate=1), dispatching(valkey_url, outbox, rate=1):
        wait_until(offered)
        time.sleep(0.6)
        assert offered() <= 2


def test_while_the_carrier_is_held_back_nothing_is_offered_to_wait_in_the_queue(
    valkey_url: str, outbox: Outbox, accept: Callable[[], str], offered: Callable[[], int]
) -> None:
    PaceStore(connect(valkey_url)).hold(1500)
    accept()
    with dispatching(valkey_url, outbox, rate=10):
        time.sleep(0.6)
        assert offered() == 0
        wait_until(offered)
