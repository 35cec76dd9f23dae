"""Fixtures for every test: a real Valkey of our own, never a fake one, and stores on it; a clock; a bucket."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings

from shortlink.archive import bucket_shelf
from shortlink.bootstrap import doors
from shortlink.storage import keys
from shortlink.storage.connection import Store, connect
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.storage.sendings import SendingStore
from shortlink.supervisor.embedded_store import EmbeddedStore
from tests.clock import Clock
from tests.cpython import one_tree_at_a_time
from tests.factories import open_messages
from tests.routes import compile_each_route_once
from tests.s3 import Bucket, know_credentials, serving_bucket
from tests.templates import compile_each_template_once

# Tests start hundreds of processes. Where a shell forbids compiled modules, each would compile all of ours anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
one_tree_at_a_time()
compile_each_route_once()
compile_each_template_once()

# A tap through the Flask view waits for the store for 60 ms and is answered by a 503 then: a busy machine takes longer.
# What waits no longer than that is asked by name, with `waits_seconds` (tests/redirect).
doors.REDIRECT_TIMEOUT_SECONDS = 5.0  # type: ignore[attr-defined]

settings.register_profile("untimed", deadline=None)  # a machine may be busy
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """The address of a server of this test process alone, on a socket; it ends with the tests, however they end."""
    # Not pytest's tmp_path: a socket's path has to be short.
    with tempfile.TemporaryDirectory(prefix="sl-") as directory, EmbeddedStore(Path(directory)).running() as url:
        yield url


@pytest.fixture
def store(valkey_url: str) -> Iterator[redis.Redis]:
    """An empty store."""
    with redis.Redis.from_url(valkey_url, decode_responses=True) as client:
        client.flushall()
        yield client


@pytest.fixture
def client(valkey_url: str, store: object) -> Store:
    """The empty store, as the stores of the service ask it."""
    return connect(valkey_url)


@pytest.fixture
def messages(client: Store) -> MessageStore:
    return open_messages(client)


@pytest.fixture
def sendings(client: Store) -> SendingStore:
    return SendingStore(client)


@pytest.fixture
def links(client: Store) -> LinkStore:
    return LinkStore(client)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def expire(store: redis.Redis) -> Callable[[str], None]:
    """Put the end of a short link's life to now."""

    def put(code: str) -> None:
        seconds, micros = store.time()
        store.hset(keys.record(code), "x", seconds * 1000 + micros // 1000)

    return put


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """An empty bucket that is served here, and the credentials for it; nobody asks it a second time."""
    know_credentials(monkeypatch)
    monkeypatch.setattr(bucket_shelf, "TRIES_AGAIN", 0)
    with serving_bucket() as served:
        yield served
