"""The event loop's line to a store that closes its connection, hangs, or is too slow for what is asked."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
import redis

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_line import MOST_WAITING, AsyncLine
from tests.storage.played_store import on_a_loop, store_played_by

TIMEOUT_SECONDS = 0.8


def test_an_answer_that_is_here_is_read_even_when_this_process_was_kept_from_it_too_long(
    valkey_url: str, store: redis.Redis
) -> None:
    async def work(line: AsyncLine) -> Any:
        await line.call(("PING",))
        answer = line.call(("ECHO", "x"))
        await asyncio.sleep(0)
        time.sleep(0.15)  # noqa: ASYNC251, the machine is busy
        return await answer

    assert on_a_loop(work, valkey_url, timeout_seconds=0.1) == "x"


def test_a_closed_connection_is_opened_again_and_the_command_sent_once_more(
    valkey_url: str, store: redis.Redis
) -> None:
    async def work(line: AsyncLine) -> Any:
        await line.call(("CLIENT", "SETNAME", "async-line"))
        killed = [one["id"] for one in store.client_list() if one["name"] == "async-line"]
        store.client_kill_filter(_id=killed[0])
        return await line.call(("INCR", "counted"))

    assert on_a_loop(work, valkey_url) == 1


def test_a_command_is_not_sent_a_third_time(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            asked.append(data)
            if b"INCR" in data:
                break
            writer.write(b"+PONG\r\n")
        writer.close()

    async def work(line: AsyncLine) -> None:
        async with store_played_by(hang_up, tmp_path):
            with pytest.raises(StoreUnavailable):
                await line.call(("INCR", "n"))

    on_a_loop(work, f"unix://{tmp_path}/s")
    assert sum(b"INCR" in data for data in asked) == 2


def test_what_is_sent_once_more_keeps_its_order_and_stays_before_what_waited(
    valkey_url: str, store: redis.Redis
) -> None:
    async def work(line: AsyncLine) -> list[Any]:
        own_id = await line.call(("CLIENT", "ID"))
        store.client_pause(10_000, all=False)  # writes
        calls = [line.call(("RPUSH", "asked", n)) for n in range(3)]
        await asyncio.sleep(0.01)  # they are under way
        calls += [line.call(("RPUSH", "asked", n)) for n in range(3, 6)]
        store.client_kill_filter(_id=own_id)
        store.client_unpause()
        return await asyncio.gather(*calls)

    assert on_a_loop(work, valkey_url) == [1, 2, 3, 4, 5, 6]
    assert store.lrange("asked", 0, -1) == [str(n) for n in range(6)]


def test_a_store_that_hangs_is_given_up_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    hung = True

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if b"GET" not in data:
                writer.write(b"+PONG\r\n")
            elif not hung:
                writer.write(b"$1\r\nx\r\n" * data.count(b"GET"))
        writer.close()

    async def work(line: AsyncLine) -> Any:
        nonlocal hung
        async with store_played_by(answer, tmp_path):
            gone = await asyncio.gather(*(line.call(("GET", n)) for n in range(3)), return_exceptions=True)
            hung = False
            return gone, await line.call(("GET", "k"))

    gone, back = on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=0.1)
    assert all(isinstance(one, StoreUnavailable) for one in gone)
    assert back == "x"


def test_a_store_that_answers_one_after_the_other_is_not_silent_however_long_all_take(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            for _ in range(data.count(b"PING")):
                writer.write(b"+PONG\r\n")
                await asyncio.sleep(TIMEOUT_SECONDS / 4)
        writer.close()

    async def work(line: AsyncLine) -> list[Any]:
        async with store_played_by(answer, tmp_path):
            return await asyncio.gather(*(line.call(("PING",)) for _ in range(8)))

    assert on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=TIMEOUT_SECONDS) == ["PONG"] * 8


def test_more_than_can_ever_be_answered_is_refused_at_once(tmp_path: Path) -> None:
    async def work(line: AsyncLine) -> int:
        calls = [line.call(("PING",)) for _ in range(MOST_WAITING + 10)]
        refused = sum(call.done() for call in calls)
        await asyncio.gather(*calls, return_exceptions=True)
        return refused

    assert on_a_loop(work, f"unix://{tmp_path}/nobody") == 10


@pytest.mark.parametrize("at_once", [4, MOST_WAITING])
def test_what_is_under_way_to_a_store_that_hangs_counts_as_waiting(tmp_path: Path, at_once: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(b"+PONG\r\n" * data.count(b"PING"))
        writer.close()

    async def work(line: AsyncLine) -> int:
        async with store_played_by(answer, tmp_path):
            await line.call(("PING",))
            calls = [line.call(("GET", "k")) for _ in range(2 * MOST_WAITING + 10)]
            await asyncio.sleep(0.02)  # the first batch is on its way
            calls += [line.call(("GET", "k")) for _ in range(10)]
            refused = sum(call.done() for call in calls)
            await asyncio.gather(*calls, return_exceptions=True)
            return refused

    assert on_a_loop(work, f"unix://{tmp_path}/s", at_once=at_once, timeout_seconds=1.0) == MOST_WAITING + 20


def test_what_is_asked_of_a_closed_line_is_given_up_at_once_and_opens_nothing(
    valkey_url: str, store: redis.Redis
) -> None:
    asked_again: list[Any] = []

    async def work(line: AsyncLine) -> None:
        def ask_again(answer: Any) -> None:
            line.ask(("INCR", "counted"), asked_again.append)

        line.ask(("BLPOP", "nothing", "5"), ask_again)  # whoever is given up may ask once more
        await asyncio.sleep(0.05)
        line.close()
        asked_at = time.monotonic()
        with pytest.raises(StoreUnavailable, match="ending"):
            await line.call(("INCR", "counted"))
        assert time.monotonic() - asked_at < TIMEOUT_SECONDS / 2
        await asyncio.sleep(0.1)

    on_a_loop(work, valkey_url, timeout_seconds=TIMEOUT_SECONDS)
    assert [type(one) for one in asked_again] == [StoreUnavailable]
    assert store.get("counted") is None
