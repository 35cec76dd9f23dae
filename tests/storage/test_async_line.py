"""The event loop's line to the store: batches, lost and hung stores, errors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.exceptions import ResponseError

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_line import MOST_WAITING, AsyncLine
from shortlink.storage.connection import Store, connect
from shortlink.storage.scripts import Script
from shortlink.storage.steps import Steps


def on_a_loop(
    work: Callable[[AsyncLine], Awaitable[Any]],
    url: str,
    *,
    timeout_seconds: float = 2.0,
    at_once: int = MOST_WAITING,
) -> Any:
    async def run() -> Any:
        line = AsyncLine(url, timeout_seconds=timeout_seconds, at_once=at_once)
        try:
            return await work(line)
        finally:
            line.close()
            await asyncio.sleep(0)

    return asyncio.run(run())


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
        async with _store_played_by(answer, tmp_path):
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
        async with _store_played_by(answer, tmp_path):
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
        calls = [line.call(("ECHO", "a")), line.call(("NO_SUCH_COMMAND",)), line.call(("ECHO", "b"))]
        return await asyncio.gather(*calls, return_exceptions=True)

    before, error, after = on_a_loop(work, valkey_url)
    assert (before, after) == ("a", "b")
    assert isinstance(error, ResponseError)


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
        async with _store_played_by(hang_up, tmp_path):
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
        async with _store_played_by(answer, tmp_path):
            gone = await asyncio.gather(*(line.call(("GET", n)) for n in range(3)), return_exceptions=True)
            hung = False
            return gone, await line.call(("GET", "k"))

    gone, back = on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=0.1)
    assert all(isinstance(one, StoreUnavailable) for one in gone)
    assert back == "x"


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

        async with _store_played_by(answer, tmp_path):
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="in time"):
                    await line.call(("PING",))
            back.set()
            return await line.call(("PING",))

    assert on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=0.1) == "PONG"
    assert connections == 1


class HangingStore:
    """A store that greets, answers and hangs up as it is told."""

    def __init__(self) -> None:
        self.greets, self.is_well = asyncio.Event(), True
        self._writers: list[asyncio.StreamWriter] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        while data := await reader.read(65536):
            if b"PING" in data:
                await self.greets.wait()
                writer.write(b"+PONG\r\n")
            elif self.is_well:
                writer.write(b"$1\r\nx\r\n")
        writer.close()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()


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
        async with _store_played_by(store.answer, tmp_path):
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
        async with _store_played_by(store.answer, tmp_path):
            store.greets.set()
            store.is_well = False
            await _wait_in_vain(line)
            store.is_well = True
            assert await line.call(("GET", "k")) == "x"
            store.greets.clear()
            store.hang_up()
            assert await _wait_in_vain(line) >= HANGS_SECONDS

    on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=HANGS_SECONDS)


def test_a_store_that_answers_one_after_the_other_is_not_silent_however_long_all_take(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            for _ in range(data.count(b"PING")):
                writer.write(b"+PONG\r\n")
                await asyncio.sleep(HANGS_SECONDS / 4)
        writer.close()

    async def work(line: AsyncLine) -> list[Any]:
        async with _store_played_by(answer, tmp_path):
            return await asyncio.gather(*(line.call(("PING",)) for _ in range(8)))

    assert on_a_loop(work, f"unix://{tmp_path}/s", timeout_seconds=HANGS_SECONDS) == ["PONG"] * 8


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
        async with _store_played_by(answer, tmp_path):
            await line.call(("PING",))
            calls = [line.call(("GET", "k")) for _ in range(2 * MOST_WAITING + 10)]
            await asyncio.sleep(0.02)  # the first batch is on its way
            calls += [line.call(("GET", "k")) for _ in range(10)]
            refused = sum(call.done() for call in calls)
            await asyncio.gather(*calls, return_exceptions=True)
            return refused

    assert on_a_loop(work, f"unix://{tmp_path}/s", at_once=at_once, timeout_seconds=1.0) == MOST_WAITING + 20


def test_a_waiter_that_has_left_disturbs_nobody(valkey_url: str, store: redis.Redis) -> None:
    async def work(line: AsyncLine) -> Any:
        await line.call(("PING",))
        gone, staying = line.call(("ECHO", "a")), line.call(("ECHO", "b"))
        gone.cancel()
        return await staying

    assert on_a_loop(work, valkey_url) == "b"


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


def test_a_wrong_password_is_an_unusable_store(valkey_url: str, store: Store) -> None:
    async def work(line: AsyncLine) -> None:
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await line.call(("PING",))

    on_a_loop(work, f"{valkey_url.split('?', maxsplit=1)[0]}?username=nobody&password=wrong")


@asynccontextmanager
async def _store_played_by(answer: Any, folder: Path) -> AsyncIterator[None]:
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await answer(reader, writer)

    server = await asyncio.start_unix_server(serve, f"{folder}/s")
    try:
        yield
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)
