"""The dispatcher: wakes at once, survives a lost queue, stops when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis

from shortlink.domain.due import Due
from shortlink.outbox import Outbox
from shortlink.storage.connection import connect
from shortlink.storage.ledger import Ledger
from tests.factories import link_start, make_message, open_messages
from tests.waiting import wait_until
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
def running(valkey_url: str, outbox: Outbox) -> Iterator[Dispatcher]:
    dispatcher = Dispatcher(Ledger(connect(valkey_url)), outbox, again_ms=300)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    yield dispatcher
    dispatcher.stop()
    thread.join(5)
    assert not thread.is_alive()


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
