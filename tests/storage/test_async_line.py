"""The event loop's line to the store: batches, errors, and operations of several commands."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import redis
from redis.exceptions import ResponseError

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import connect
from shortlink.storage.scripts import Script
from shortlink.storage.steps import Steps
from tests.storage.played_store import on_a_loop, store_played_by


def test_a_thousand_commands_at_once_get_each_its_own_answer(valkey_url: str, store: redis.Redis) -> None:
    async def work(line: AsyncLine) -> list[Any]:
        return await asyncio.gather(*(line.call(("ECHO", n)) for n in range(1000)))

    assert on_a_loop(work, valkey_url) == [str(n) for n in range(1000)]


def test_what_is_asked_during_a_round_trip_goes_out_together(tmp_path: Path) -> None:
    batches: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            batches.append(data.count(b"PING"))
            await asyncio.sleep(0.02)
            writer.write(b"+PONG\r\n" * data.count(b"PING"))
        writer.close()

    async def work(line: AsyncLine) -> None:
        async with store_played_by(answer, tmp_path):
            first = line.call(("PING",))
            await first
            under_way = line.call(("PING",))
            await asyncio.sleep(0)
            await asyncio.gather(under_way, *(line.call(("PING",)) for _ in range(50)))

    on_a_loop(work, f"unix://{tmp_path}/s")
    assert batches == [1, 1, 1, 50]  # the greeting, two lone ones, and all that waited


def test_a_line_may_send_on_while_answers_are_under_way(tmp_path: Path) -> None:
    batches: list[int] = []
    held = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            batches.append(data.count(b"ECHO"))
            if sum(batches) >= 4:
                held.set()
            if sum(batches) < 4 and batches[-1]:
                continue  # hold back what was asked first until more has come
            writer.write(b"+PONG\r\n" * (sum(batches) or 1))
        writer.close()

    async def work() -> None:
        line = AsyncLine(f"unix://{tmp_path}/s", timeout_seconds=2.0, at_once=2)
        async with store_played_by(answer, tmp_path):
            await line.call(("PING",))
            calls = [line.call(("ECHO", n)) for n in range(2)]
            await asyncio.sleep(0.05)
            calls += [line.call(("ECHO", n)) for n in range(2)]
            await asyncio.wait_for(held.wait(), 5)
            await asyncio.gather(*calls)
        line.close()

    asyncio.run(work())
    assert [count for count in batches if count] == [2, 2]


def test_an_error_reaches_only_its_own_command(valkey_url: str, store: redis.Redis) -> None:
    async def work(line: AsyncLine) -> list[Any]:
        calls = [line.call(("ECHO", "a")), line.call(("NO_SUCH_COMMAND",)), line.call(("ECHO", "BUSY b"))]
        return await asyncio.gather(*calls, return_exceptions=True)

    before, error, after = on_a_loop(work, valkey_url)
    assert (before, after) == ("a", "BUSY b")  # no error, though one begins so
    assert type(error) is ResponseError
    assert str(error).startswith("ERR unknown command")


def test_a_script_the_store_does_not_know_is_loaded_by_its_first_call(valkey_url: str, store: redis.Redis) -> None:
    script = Script(connect(valkey_url), "take_token")
    store.script_flush()

    async def work(line: AsyncLine) -> Any:
        return await line.perform(script.steps(["limit:x"], ["", 1, 5, 1]))

    assert on_a_loop(work, valkey_url)[0] == 1


def test_an_operation_may_handle_what_went_wrong(valkey_url: str, store: redis.Redis) -> None:
    def steps() -> Steps[str]:
        try:
            yield ("NO_SUCH_COMMAND",)
        except ResponseError:
            return str((yield ("ECHO", "handled")))
        return "not raised"

    async def work(line: AsyncLine) -> str:
        return await line.perform(steps())

    assert on_a_loop(work, valkey_url) == "handled"


def test_an_operation_may_handle_that_the_store_is_away(tmp_path: Path) -> None:
    def steps() -> Steps[str]:
        try:
            yield ("PING",)
        except StoreUnavailable:
            return "handled"
        return "not raised"

    async def work(line: AsyncLine) -> str:
        line.close()
        return await line.perform(steps())

    assert on_a_loop(work, f"unix://{tmp_path}/nobody") == "handled"


def test_an_operation_without_a_task_calls_back_with_its_result_or_its_error(
    valkey_url: str, store: redis.Redis
) -> None:
    def steps(command: str) -> Steps[list[str]]:
        return [(yield (command, "a")), (yield (command, "b"))]

    async def work(line: AsyncLine) -> list[Any]:
        ends: list[Any] = []
        over = asyncio.Event()

        def done(result: Any, error: Exception | None) -> None:
            ends.append(result or error)
            if len(ends) == 2:
                over.set()

        line.begin(steps("ECHO"), done)
        line.begin(steps("NO_SUCH_COMMAND"), done)
        await over.wait()
        return ends

    error, result = on_a_loop(work, valkey_url)
    assert isinstance(error, ResponseError)
    assert result == ["a", "b"]


def test_an_operation_whose_first_command_was_asked_before_goes_on_with_what_came_of_it(
    valkey_url: str, store: redis.Redis
) -> None:
    def steps() -> Steps[str]:
        try:
            first = yield ("INCR", "asked")
        except StoreUnavailable:
            first = "none"
        return f"{first}, {(yield ('ECHO', 'second'))}"

    async def work(line: AsyncLine) -> list[Any]:
        ends: asyncio.Queue[Any] = asyncio.Queue()

        def done(result: str | None, error: Exception | None) -> None:
            ends.put_nowait(error or result)

        for answer in ("first", StoreUnavailable("away")):
            line.go_on(steps(), answer, done)
        return [await ends.get(), await ends.get()]

    assert on_a_loop(work, valkey_url) == ["first, second", "none, second"]
    assert store.get("asked") is None


def test_a_waiter_that_has_left_disturbs_nobody(valkey_url: str, store: redis.Redis) -> None:
    async def work(line: AsyncLine) -> Any:
        await line.call(("PING",))
        gone, staying = line.call(("ECHO", "a")), line.call(("ECHO", "b"))
        gone.cancel()
        return await staying

    assert on_a_loop(work, valkey_url) == "b"
