"""How long a client may take: which of the limits holds when, and that all of them are looked after."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest

from shortlink.http1 import server as http1_server
from shortlink.http1.connection import Connection
from shortlink.http1.exchange import ClientLeft
from shortlink.http1.reading import EMPTY_LINES
from shortlink.http1.server import Limits, Server
from shortlink.http1.wire import refusal
from tests.http1.quick_door import ANSWER, PATIENCE, Line, QuickDoor, connected, connected_to, get, run

LIMITS = Limits(head_seconds=1, answer_seconds=2, idle_seconds=3, write_seconds=4, linger_seconds=5)


def test_who_was_refused_has_a_moment_to_hear_why_and_is_cut_off_then() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), LIMITS)
        connection, line = connected_to(server)
        connection.data_received(b"no request\r\n\r\n")
        assert connection.deadline == server.now + 5
        assert not line.is_cut_off
        connection.lose_patience()
        assert line.is_cut_off

    run(main)


def test_behind_a_request_that_came_in_pieces_there_is_as_much_time_as_behind_any() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), LIMITS)
        connection, _ = connected_to(server)
        connection.data_received(get("/a")[:-1])
        assert connection.deadline == server.now + 1
        connection.data_received(get("/a")[-1:])
        assert connection.deadline == server.now + 3

    run(main)


def test_who_takes_some_of_its_answer_has_the_whole_time_again() -> None:
    async def main() -> None:
        server = Server(QuickDoor(waits=True), LIMITS)
        connection, line = connected_to(server)
        connection.data_received(get("/a"))
        line.unsent = 100_000
        connection.pause_writing()
        assert connection.deadline == server.now + 4
        server.now += 10
        line.unsent -= 1
        connection.lose_patience()
        assert connection.deadline == server.now + 4
        assert not line.is_cut_off

    run(main)


def test_an_answer_buys_no_time_for_who_does_not_take_the_ones_before() -> None:
    async def main() -> None:
        door = QuickDoor(waits=True)
        server = Server(door, LIMITS)
        connection, _ = connected_to(server)
        connection.data_received(get("/a"))
        connection.pause_writing()
        blocked_until = connection.deadline
        server.now += 2
        door.kept[0].reply(ANSWER, b"ok")
        assert connection.deadline == blocked_until

    run(main)


@asynccontextmanager
async def swept_often() -> AsyncIterator[tuple[Server, tuple[str, int]]]:
    """Serve with a look at the clock every few milliseconds, and say where."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(QuickDoor(), Limits(idle_seconds=0.05, head_seconds=0.05, sweep_seconds=0.005))
    await server.start(listening)
    try:
        async with asyncio.timeout(PATIENCE):
            yield server, listening.getsockname()
    finally:
        await server.stop(within_seconds=0.1)
        listening.close()


def test_the_time_that_answers_tell_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    days = count(1)
    monkeypatch.setattr(http1_server, "end_of_head", lambda: b"Date: day %d\r\n\r\n" % next(days))

    async def day_of_an_answer(address: tuple[str, int]) -> int:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(get("/a"))
        found = re.search(rb"Date: day (\d+)", await reader.readuntil(b"ok"))
        writer.close()
        assert found is not None
        return int(found[1])

    async def main() -> None:
        async with swept_often() as (_, address):
            first = await day_of_an_answer(address)
            while await day_of_an_answer(address) <= first + 1:  # noqa: ASYNC110, it tells nobody
                await asyncio.sleep(0.005)

    run(main)


def fail_for_the_first(monkeypatch: pytest.MonkeyPatch, name: str) -> list[Connection]:
    """Have a method fail for the connection that it is called for first; gives all that it is called for."""
    tries: list[Connection] = []
    well = getattr(Connection, name)

    def tried(connection: Connection, **given: bool) -> None:
        tries.append(connection)
        if connection is tries[0]:
            raise OSError("a fault of ours")
        well(connection, **given)

    monkeypatch.setattr(Connection, name, tried)
    return tries


def test_a_connection_that_cannot_be_ended_ends_no_other_ones_limits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = fail_for_the_first(monkeypatch, "lose_patience")

    async def main() -> None:
        async with swept_often() as (server, address):
            _, broken = await asyncio.open_connection(*address)
            while not tries:  # noqa: ASYNC110, it tells nobody
                await asyncio.sleep(0.005)
            told_then = server.now
            for _ in range(3):
                reader, other = await asyncio.open_connection(*address)
                assert await reader.read() == b"", "it is let go when its time is over"
                other.close()
            assert server.now > told_then
            assert tries.count(tries[0]) == 1, "it is not tried, and logged, at every look"
            broken.close()

    run(main)
    assert caplog.text.count("could not be ended") == 1


def test_a_connection_that_cannot_be_let_go_keeps_no_other_from_it_when_the_process_ends(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = fail_for_the_first(monkeypatch, "drain")

    async def main() -> None:
        server = Server(QuickDoor(), Limits(parting_seconds=0, sweep_seconds=0.005))
        listening = socket.create_server(("127.0.0.1", 0))
        await server.start(listening)
        clients = [await asyncio.open_connection(*listening.getsockname()) for _ in range(5)]
        try:
            assert await server.stop(within_seconds=PATIENCE), "the one as well, by the clock"
            async with asyncio.timeout(PATIENCE):
                assert [await reader.read() for reader, _ in clients] == [b""] * 5
        finally:
            for _, writer in clients:
                writer.transport.abort()
            await asyncio.sleep(0.01)

    run(main)
    assert len(tries) == 5
    assert caplog.text.count("could not be let go") == 1


@pytest.mark.parametrize("before", [b"", get("/a")])
def test_empty_lines_before_a_request_buy_no_time(before: bytes) -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits())
        connection, line = connected_to(server)
        connection.data_received(before)
        until = connection.deadline
        for piece in (b"\r", b"\n", b"\r\n", b"\r", b"\n"):
            server.now += 2
            connection.data_received(piece)
            assert connection.deadline == until
        head_until = server.now + server.limits.head_seconds
        for piece in (b"GET /a HT", b"TP"):
            connection.data_received(piece)
            assert connection.deadline == head_until
            server.now += 5
        connection.lose_patience()
        assert line.written.endswith(refusal(408))

    run(main)


@pytest.mark.parametrize("stray", [b"\r\n", b"\r", b"\r\n" * 4])
@pytest.mark.parametrize("apart", [False, True])
def test_a_stray_empty_line_leaves_an_idle_connection_as_it_was(stray: bytes, *, apart: bool) -> None:
    """Some clients send one line too many behind a body."""

    async def main() -> None:
        server = Server(QuickDoor(), Limits())
        plain, _ = connected_to(server)
        plain.data_received(get("/a"))
        connection, line = connected_to(server)
        for piece in (get("/a"), stray) if apart else (get("/a") + stray,):
            connection.data_received(piece)
        assert (connection.deadline, connection.claim) == (plain.deadline, plain.claim)
        connection.drain()
        assert line.closing.is_set()
        assert b"503" not in line.written

    run(main)


def test_a_stray_empty_line_behind_each_of_many_requests_is_none_too_many() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        for _ in range(EMPTY_LINES + 1):
            connection.data_received(get("/a"))
            connection.data_received(b"\r\n")
        assert line.written.count(ANSWER) == EMPTY_LINES + 1
        assert not connection.has_left

    run(main)


def test_who_sends_nothing_but_an_empty_line_behind_a_request_is_let_go_without_a_word() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(get("/a") + b"\r\n")
        answered = line.written
        connection.lose_patience()
        assert line.closing.is_set()
        assert line.written == answered

    run(main)


@pytest.mark.parametrize("pieces", [(get("/a"),), (get("/a")[:9], get("/a")[9:])])
def test_a_door_that_does_not_answer_is_waited_for_so_long_and_no_longer(pieces: tuple[bytes, ...]) -> None:
    async def main() -> None:
        server = Server(QuickDoor(waits=True), Limits(head_seconds=1, answer_seconds=2, idle_seconds=3))
        connection, line = connected_to(server)
        for piece in pieces:
            connection.data_received(piece)
        assert connection.deadline == server.now + 2
        connection.lose_patience()
        assert line.is_cut_off

    run(main)


def assert_cut_off_once_it_takes_no_more(connection: Connection, line: Line) -> None:
    for _ in range(3):
        line.unsent -= 1000
        connection.lose_patience()
        assert not line.is_cut_off
    connection.lose_patience()
    assert line.is_cut_off


def test_a_client_that_takes_its_answer_slowly_is_left_alone_and_one_that_does_not_is_not() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor(waits=True))
        connection.data_received(get("/a"))
        line.unsent = 100_000
        connection.pause_writing()
        assert_cut_off_once_it_takes_no_more(connection, line)

    run(main)


def test_a_client_that_took_its_answers_has_no_more_time_for_them() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(get("/a"))
        line.unsent = 100_000
        connection.pause_writing()
        line.unsent = 0
        connection.resume_writing()
        connection.lose_patience()
        assert line.closing.is_set()

    run(main)


def test_each_piece_of_an_answer_gives_the_door_its_time_again() -> None:
    async def main() -> None:
        server = Server(door := QuickDoor(waits=True), LIMITS)
        connection, _ = connected_to(server)
        connection.data_received(get("/a"))
        stream = door.kept[0].stream(b"HTTP/1.1 200 OK\r\n", is_sized=False)
        server.now += 1
        await stream.send(b"x")
        assert connection.deadline == server.now + 2

    run(main)


def test_a_client_that_takes_its_last_answer_slowly_is_left_alone_as_well() -> None:
    async def main() -> None:
        connection, line = connected(door := QuickDoor(waits=True))
        connection.data_received(get("/a")[:-2] + b"Connection: close\r\n\r\n")
        line.unsent = 100_000
        connection.pause_writing()
        door.kept[0].reply(ANSWER, b"ok")
        assert connection.has_left
        assert_cut_off_once_it_takes_no_more(connection, line)

    run(main)


def test_an_answer_in_pieces_has_an_hour_however_slowly_it_is_taken() -> None:
    async def main() -> None:
        connection, line = connected(door := QuickDoor(waits=True))
        connection.data_received(get("/a"))
        stream = door.kept[0].stream(b"HTTP/1.1 200 OK\r\n", is_sized=False)
        await stream.send(b"x")
        line.unsent = 100_000
        connection.pause_writing()
        connection._server.now += 3599
        line.unsent -= 1
        connection.lose_patience()
        assert not line.is_cut_off
        connection._server.now += 2
        line.unsent -= 1
        connection.lose_patience()
        assert line.is_cut_off

    run(main)


def test_a_client_that_keeps_taking_pieces_for_more_than_an_hour_is_cut_off() -> None:
    async def main() -> None:
        connection, line = connected(door := QuickDoor(waits=True))
        connection.data_received(get("/a"))
        stream = door.kept[0].stream(b"HTTP/1.1 200 OK\r\n", is_sized=False)
        connection._server.now += 3601
        with pytest.raises(ClientLeft):
            await stream.send(b"x")
        assert line.is_cut_off

    run(main)


def test_the_hour_of_an_answer_is_none_of_the_next_ones() -> None:
    async def main() -> None:
        connection, line = connected(door := QuickDoor(waits=True))
        for path in ("/a", "/b"):
            connection.data_received(get(path))
            stream = door.kept[-1].stream(b"HTTP/1.1 200 OK\r\n", is_sized=False)
            await stream.send(b"x")
            stream.end()
            connection._server.now += 3601
        connection.data_received(get("/c"))
        line.unsent = 100_000
        connection.pause_writing()
        line.unsent -= 1
        connection.lose_patience()
        assert not line.is_cut_off

    run(main)
