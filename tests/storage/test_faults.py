"""What the store's errors mean: each condition of a real store is told in words, and none of the server's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from redis._parsers.base import BaseParser
from redis.exceptions import ResponseError

from shortlink.domain.errors import StoreTrouble, StoreUnavailable
from shortlink.storage.connection import Store, connect
from shortlink.storage.faults import translate
from shortlink.storage.presence import PresenceStore
from tests.waiting import wait_until

Condition = Callable[[Store], Iterator[None]]


def set_to(name: str, value: str, *, usually: str) -> Condition:
    """Make a condition of one of the server's settings."""

    def hold(client: Store) -> Iterator[None]:
        client.config_set(name, value)
        yield
        client.config_set(name, usually)

    return hold


is_full = set_to("maxmemory", "1mb", usually="0")
wants_another_password = set_to("requirepass", "another", usually="")
lacks_replicas = set_to("min-replicas-to-write", "1", usually="0")


def is_a_replica(client: Store) -> Iterator[None]:
    client.replicaof("127.0.0.1", "1")
    yield
    client.replicaof("NO", "ONE")


def hangs(client: Store) -> Iterator[None]:
    client.execute_command("CLIENT", "PAUSE", "600", "ALL")
    yield
    client.execute_command("CLIENT", "UNPAUSE")


@pytest.mark.parametrize(
    ("condition", "trouble"),
    [
        (is_full, StoreTrouble.FULL),
        (is_a_replica, StoreTrouble.READ_ONLY),
        (wants_another_password, StoreTrouble.LOCKED),
        (lacks_replicas, StoreTrouble.ALONE),
        (hangs, StoreTrouble.SILENT),
    ],
)
def test_the_kind_of_trouble_is_told_in_words(
    condition: Condition, trouble: StoreTrouble, valkey_url: str, client: Store
) -> None:
    with contextmanager(condition)(client), pytest.raises(StoreUnavailable) as caught:
        PresenceStore(connect(f"{valkey_url}&password=S3cret", timeout_seconds=0.2)).check_writable()
    assert caught.value.trouble is trouble
    assert str(caught.value) == f"the store cannot be used now: {trouble.value}"


@pytest.mark.parametrize(("condition", "trouble"), [(is_full, StoreTrouble.FULL), (lacks_replicas, StoreTrouble.ALONE)])
@pytest.mark.parametrize("transaction", [True, False])
def test_several_commands_at_once_tell_the_same_trouble_and_no_argument(
    transaction: bool, condition: Condition, trouble: StoreTrouble, client: Store
) -> None:
    with contextmanager(condition)(client), pytest.raises(StoreUnavailable) as caught:
        _ask(client, transaction, ("SET", "a", "+818011234567"), ("SET", "b", "2"))
    assert caught.value.trouble is trouble
    assert "81801" not in f"{caught.value} {caught.value.__cause__}"


def test_a_fault_of_ours_among_several_commands_is_told_without_its_arguments(client: Store) -> None:
    client.set("a", "no hash")
    with pytest.raises(ResponseError) as caught:
        _ask(client, True, ("HSET", "a", "number", "+818011234567"))
    assert str(caught.value).startswith("WRONGTYPE")
    assert "81801" not in str(caught.value)


def _ask(client: Store, transaction: bool, *commands: tuple[str, ...]) -> None:
    pipe = client.pipeline(transaction=transaction)
    for command in commands:
        pipe.execute_command(*command)  # type: ignore[no-untyped-call]
    pipe.execute()


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ("LOADING Valkey is loading the dataset in memory", StoreTrouble.LOADING),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", StoreTrouble.CHANGING),
        ("CLUSTERDOWN The cluster is down", StoreTrouble.CHANGING),
    ],
)
def test_trouble_is_the_same_on_both_lines(said: str, trouble: StoreTrouble) -> None:
    """A server that becomes a replica says the first two to connections that stand; each line reads them its way."""
    for error in (BaseParser.parse_error(said), ResponseError(said)):  # type: ignore[no-untyped-call]
        told = translate(error)
        assert isinstance(told, StoreUnavailable)
        assert told.trouble is trouble


def test_a_store_that_is_nowhere_cannot_be_reached() -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        connect("unix:///nowhere/at/all.sock").ping()


def test_a_wait_that_a_change_of_roles_ends_is_trouble_of_the_store(valkey_url: str, client: Store) -> None:
    waiting = connect(valkey_url)
    number = waiting.client_id()

    def unblock() -> None:
        wait_until(lambda: client.client_unblock(number, error=True))

    thread = threading.Thread(target=unblock)
    thread.start()
    with pytest.raises(StoreUnavailable, match="changes its role"):
        waiting.blpop(["nothing"], timeout=10)
    thread.join()
