"""The opening of a connection for an event loop: logging in, and how long it is waited for."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_connection import open_connection
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import Store, connect
from tests.storage.played_store import HangingStore, on_a_loop, store_played_by


def test_a_store_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    async def work(line: AsyncLine) -> None:
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                await line.call(("PING",))

    on_a_loop(work, f"unix://{tmp_path}/nobody")


def test_who_waits_for_a_connection_is_given_up_but_the_connection_is_not(tmp_path: Path) -> None:
    connections = 0

    async def work(line: AsyncLine) -> Any:
        back = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            while data := await reader.read(65536):
                await back.wait()
                writer.write(b"+PONG\r\n" * data.count(b"PING"))
            writer.close()

        async with store_played_by(answer, tmp_path):
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="in time"):
                    await line.call(("PING",))
            back.set()
            return await line.call(("PING",))

    assert on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=0.1) == "PONG"
    assert connections == 1


def test_a_connection_that_opens_when_nobody_waits_any_more_is_kept_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shortlink.storage.patience.is_overloaded", lambda: False)  # it would wait longer
    connections = 0

    async def work(line: AsyncLine) -> Any:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            while data := await reader.read(65536):
                if connections == 1 and not greeted.is_set():
                    await given_up.wait()
                writer.write(b"+PONG\r\n" * data.count(b"PING"))
                greeted.set()
            writer.close()

        given_up, greeted = asyncio.Event(), asyncio.Event()
        async with store_played_by(answer, tmp_path):
            with pytest.raises(StoreUnavailable, match="in time"):
                await line.call(("PING",))
            given_up.set()
            await greeted.wait()
            await asyncio.sleep(0.08)  # longer than an answer would be waited for
            return await line.call(("PING",))

    assert on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=0.02) == "PONG"
    assert connections == 1


def test_a_line_that_is_closed_while_it_opens_leaves_nothing_behind(tmp_path: Path) -> None:
    async def work(line: AsyncLine) -> None:
        asked, hung_up = asyncio.Event(), asyncio.Event()

        async def never_greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while await reader.read(65536):
                asked.set()
            hung_up.set()
            writer.close()

        async with store_played_by(never_greet, tmp_path):
            call = line.call(("PING",))
            await asked.wait()
            line.close()
            with pytest.raises(StoreUnavailable, match="ending"):
                await call
            await asyncio.wait_for(hung_up.wait(), 1)

    on_a_loop(work, f"unix://{tmp_path}/s")


@pytest.mark.parametrize(("breaks", "answer"), [(1, "PONG"), (2, None)])
def test_a_connection_that_breaks_before_it_is_of_use_is_opened_once_more(
    tmp_path: Path, breaks: int, answer: str | None
) -> None:
    connections = 0

    async def work(line: AsyncLine) -> Any:
        async def greet_at_last(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            while connections > breaks and (data := await reader.read(65536)):
                writer.write(b"+PONG\r\n" * data.count(b"PING"))
            writer.close()

        async with store_played_by(greet_at_last, tmp_path):
            try:
                return await line.call(("PING",))
            except StoreUnavailable:
                return None

    assert on_a_loop(work, f"unix://{tmp_path}/s") == answer
    assert connections == 2


HANGS_SECONDS = 0.8


async def _wait_in_vain(line: AsyncLine) -> float:
    """Ask a store that does not answer, and say how long that was waited for."""
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await line.call(("GET", "k"))
    return time.monotonic() - began


@pytest.mark.parametrize("greets", [True, False], ids=["it hung with a command", "it never greeted"])
def test_a_store_that_hung_once_is_waited_for_half_as_long_until_it_is_back(tmp_path: Path, greets: bool) -> None:
    async def work(line: AsyncLine) -> None:
        store = HangingStore()
        async with store_played_by(store.answer, tmp_path):
            store.is_well = False
            if greets:
                store.greets.set()
            assert await _wait_in_vain(line) >= HANGS_SECONDS
            store.greets.clear()
            assert await _wait_in_vain(line) < HANGS_SECONDS

    on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=HANGS_SECONDS)


def test_a_store_that_came_back_is_waited_for_as_long_as_before(tmp_path: Path) -> None:
    async def work(line: AsyncLine) -> None:
        store = HangingStore()
        async with store_played_by(store.answer, tmp_path):
            store.greets.set()
            store.is_well = False
            await _wait_in_vain(line)
            store.is_well = True
            assert await line.call(("GET", "k")) == "x"
            store.greets.clear()
            store.hang_up()
            assert await _wait_in_vain(line) >= HANGS_SECONDS

    on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=HANGS_SECONDS)


def test_the_line_logs_in_and_chooses_the_database(valkey_url: str, store: redis.Redis) -> None:
    address = valkey_url.split("?", maxsplit=1)[0]
    store.acl_setuser("lodger", enabled=True, passwords=["+secret"], keys=["*"], categories=["+@all"])

    async def work(line: AsyncLine) -> Any:
        await line.call(("SET", "here", "1"))
        return await line.call(("ACL", "WHOAMI"))

    assert on_a_loop(work, f"{address}?db=3&username=lodger&password=secret") == "lodger"
    assert store.acl_deluser("lodger") == 1
    with connect(f"{address}?db=3") as third:
        assert third.get("here") == "1"


def test_a_connection_bears_the_name_that_the_address_gives_it(valkey_url: str, store: redis.Redis) -> None:
    url = f"{valkey_url}{'&' if '?' in valkey_url else '?'}client_name=door-1"

    async def work(line: AsyncLine) -> Any:
        return await line.call(("CLIENT", "GETNAME"))

    assert [connect(url).line.call("CLIENT", "GETNAME"), on_a_loop(work, url)] == ["door-1", "door-1"]


@pytest.mark.parametrize("option", ["", "?socket_keepalive=yes", "?socket_keepalive=no"])
def test_the_kernel_looks_after_both_lines_alike_as_the_address_says(option: str) -> None:
    async def run() -> tuple[list[int], list[int]]:
        ended = asyncio.Semaphore(0)

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(ConnectionError):
                while await reader.read(65536):
                    writer.write(b"+PONG\r\n")
            writer.transport.abort()
            ended.release()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0{option}"
        connection = await open_connection(url)
        pool = connect(url).connection_pool
        other = pool.connection_class(**pool.connection_kwargs)._connect()
        assert connection._transport is not None
        kept = [_kept_alive(one) for one in (connection._transport.get_extra_info("socket"), other)]
        connection.abort()
        other.close()
        async with asyncio.timeout(5):
            for _ in kept:
                await ended.acquire()
        server.close()
        return kept[0], kept[1]

    ours, theirs = asyncio.run(run())
    assert ours == theirs
    assert ours[0] == (option != "?socket_keepalive=no")


def _kept_alive(line: socket.socket) -> list[int]:
    names = [name for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT") if hasattr(socket, name)]
    by_tcp = [line.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in names]
    return [line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE), *by_tcp]


def test_who_needs_no_password_logs_in_with_a_name_alone(valkey_url: str, store: redis.Redis) -> None:
    url = valkey_url.split("?", maxsplit=1)[0] + "?username=lodger"
    store.acl_setuser("lodger", enabled=True, nopass=True, keys=["*"], categories=["+@all"])

    async def work(line: AsyncLine) -> Any:
        return await line.call(("ACL", "WHOAMI"))

    try:
        assert [connect(url).line.call("ACL", "WHOAMI"), on_a_loop(work, url)] == ["lodger", "lodger"]
    finally:
        store.acl_deluser("lodger")


def test_a_password_without_a_name_is_that_of_everybody(valkey_url: str, store: redis.Redis) -> None:
    async def work(line: AsyncLine) -> Any:
        return await line.call(("ACL", "WHOAMI"))

    store.config_set("requirepass", "secret")
    try:
        assert on_a_loop(work, f"{valkey_url.split('?', maxsplit=1)[0]}?password=secret") == "default"
    finally:
        store.config_set("requirepass", "")


def test_a_wrong_password_is_an_unusable_store(valkey_url: str, store: Store) -> None:
    async def work(line: AsyncLine) -> None:
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await line.call(("PING",))

    on_a_loop(work, f"{valkey_url.split('?', maxsplit=1)[0]}?username=nobody&password=wrong")
