"""The line survives what happens to connections."""

from __future__ import annotations

import asyncio
import socketserver
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from redis.exceptions import ResponseError

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import Store, connect


def kick_everybody(client: Store) -> None:
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def test_a_connection_closed_meanwhile_is_opened_again_even_without_retries(valkey_url: str, client: Store) -> None:
    line = connect(valkey_url, retries=0).line
    assert line.call("SET", "a", "ä") == "OK"
    kick_everybody(client)
    assert line.call("GET", "a") == "ä"


def test_a_store_that_is_away_is_said_after_the_retries() -> None:
    line = connect("unix:///nowhere/at/all.sock", retries=2).line
    with pytest.raises(StoreUnavailable):
        line.call("PING")


def test_a_store_that_hangs_is_given_up_in_time_and_its_late_answer_is_never_mixed_up(
    valkey_url: str, client: Store
) -> None:
    line = connect(valkey_url, retries=0, timeout_seconds=0.1).line
    line.call("SET", "a", "right")
    client.execute_command("CLIENT", "PAUSE", "300", "ALL")
    with pytest.raises(StoreUnavailable):
        line.call("ECHO", "late")
    client.execute_command("CLIENT", "UNPAUSE")
    assert line.call("GET", "a") == "right"


@contextmanager
def hanging_store() -> Iterator[tuple[str, list[bytes]]]:
    """Listen as a store that takes every command and answers none but those of the greeting."""
    heard: list[bytes] = []

    class Mute(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while said := self.request.recv(65_536):
                heard.append(said)
                if b"CLIENT" in said:
                    self.request.sendall(b"+OK\r\n" * said.count(b"CLIENT"))

    with tempfile.TemporaryDirectory() as folder, socketserver.ThreadingUnixStreamServer(f"{folder}/s", Mute) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"unix://{folder}/s", heard
        server.shutdown()


def test_a_store_that_hangs_is_asked_once_however_often_a_lost_connection_would_be_retried() -> None:
    asks: list[Callable[[Store], object]] = [lambda store: store.line.call("ECHO", "x"), lambda store: store.get("x")]
    for ask in asks:
        with hanging_store() as (url, heard):
            store = connect(url, timeout_seconds=0.2, retries=3)
            with pytest.raises(StoreUnavailable):
                ask(store)
            assert sum(said.count(b"\r\nx\r\n") for said in heard) <= 1
            assert len([said for said in heard if b"HELLO" in said]) <= 1


def test_an_error_of_ours_stays_what_it_is(valkey_url: str, client: Store) -> None:
    with pytest.raises(ResponseError):
        connect(valkey_url).line.call("INCR")


def test_a_full_store_is_unavailable(valkey_url: str, client: Store) -> None:
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable):
            connect(valkey_url).line.call("SET", "a", "b")
    finally:
        client.config_set("maxmemory", "0")


def test_a_store_that_only_reads_is_unavailable_on_every_line(valkey_url: str, client: Store) -> None:
    async def ask() -> None:
        line = AsyncLine(valkey_url, timeout_seconds=2.0)
        try:
            await line.call(("SET", "a", "b"))
        finally:
            line.close()

    client.execute_command("REPLICAOF", "127.0.0.1", "1")  # as after a failover
    try:
        with pytest.raises(StoreUnavailable):
            connect(valkey_url).line.call("SET", "a", "b")
        with pytest.raises(StoreUnavailable):
            asyncio.run(ask())
    finally:
        client.execute_command("REPLICAOF", "NO", "ONE")


def test_threads_do_not_share_a_connection(valkey_url: str, client: Store) -> None:
    line = connect(valkey_url).line
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: line.call("ECHO", n), range(500)))
    assert answers == [str(n) for n in range(500)]
