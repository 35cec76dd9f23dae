"""One client among others: in which order it is answered, how much of it is read, and when others have their turn."""

from __future__ import annotations

import asyncio
import socket

import pytest

from shortlink.http1.connection import TURN
from shortlink.http1.reading import HEAD_BYTES
from shortlink.http1.server import Limits, Server
from shortlink.http1.wire import head_of, refusal
from tests.http1.quick_door import ANSWER, PATIENCE, QuickDoor, begun_post, connected, get, run


def test_who_asks_much_at_once_gives_others_their_turn() -> None:
    async def main() -> None:
        door, listening = QuickDoor(), socket.create_server(("127.0.0.1", 0))
        server = Server(door, Limits(parting_seconds=0))
        await server.start(listening)
        (_, greedy), (reader, other) = [await asyncio.open_connection(*listening.getsockname()) for _ in range(2)]
        greedy.write(get("/greedy") * 2000)
        other.write(get("/other"))
        async with asyncio.timeout(PATIENCE):
            await reader.readuntil(b"ok")
        turns_before = door.asked.index("/other") / TURN
        greedy.transport.abort()
        other.close()
        await server.stop(within_seconds=1)
        assert turns_before <= 4

    run(main)


def test_all_that_was_asked_is_answered_though_the_client_has_nothing_more_to_say() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(get("/a") * (3 * TURN))
        assert connection.eof_received()
        await asyncio.wait_for(line.closing.wait(), PATIENCE)
        assert line.written.count(b"200 OK") == 3 * TURN
        assert line.written.count(b"Connection: close") == 1

    run(main)


@pytest.mark.parametrize("before", [b"", get("/before"), b"\r\n"])
def test_a_request_is_taken_up_however_its_bytes_come(before: bytes) -> None:
    async def main() -> None:
        whole = before + get("/a")
        for cut in range(len(whole) + 1):
            door = QuickDoor()
            connection, line = connected(door)
            for piece in (whole[:cut], whole[cut : cut + 3], whole[cut + 3 :]):
                if piece:
                    connection.data_received(piece)
            assert (door.asked[-1:], line.written[-2:]) == (["/a"], b"ok"), f"cut behind {cut} bytes"

    run(main)


def test_a_request_that_comes_by_itself_waits_for_the_answer_to_the_one_before() -> None:
    async def main() -> None:
        door = QuickDoor(waits=True)
        connection, line = connected(door)
        for path in ("/a", "/b"):
            connection.data_received(get(path))
        assert door.asked == ["/a"]
        for answer in (b"to a", b"to b"):
            door.kept[-1].reply(head_of(200, [("Content-Length", "4")]), answer)
        assert door.asked == ["/a", "/b"]
        assert line.written.index(b"to a") < line.written.index(b"to b")

    run(main)


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("others", [0, 1, TURN, 2 * TURN + 1])
def test_a_body_that_ends_too_early_is_judged_whatever_was_asked_before_it(others: int, waits: bool) -> None:
    async def main() -> None:
        door = QuickDoor(waits=waits)
        connection, line = connected(door)
        connection.data_received(get("/a") * others + begun_post(100))
        connection.eof_received()
        for answered in range(others + 1 if waits else 0):
            door.kept[answered].reply(ANSWER, b"ok")
            await asyncio.sleep(0)  # others' turn
        await asyncio.wait_for(line.closing.wait(), PATIENCE)
        assert line.written.count(b"200 OK") == others + 1
        assert line.written.count(b"Connection: close") == 1

    run(main)


def test_half_a_body_in_chunks_is_refused_behind_other_requests_too() -> None:
    async def main() -> None:
        door = QuickDoor(waits=True)
        connection, line = connected(door)
        connection.data_received(
            get("/a") + b"POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe"
        )
        connection.eof_received()
        door.kept[0].reply(ANSWER, b"ok")
        assert line.written.endswith(b"ok" + refusal(400))
        assert door.asked == ["/a"]

    run(main)


def test_no_more_is_read_than_there_is_room_for_and_reading_goes_on_where_there_is() -> None:
    async def main() -> None:
        door = QuickDoor(waits=True)
        connection, line = connected(door)
        connection.data_received(get("/a"))
        assert line.is_reading()
        connection.data_received(b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * HEAD_BYTES)
        assert not line.is_reading()
        door.kept[-1].reply(ANSWER, b"ok")
        assert line.is_reading()
        connection.data_received(b"x" * (1_000_000 - HEAD_BYTES))
        assert door.asked == ["/a", "/b"]

    run(main)


def test_reading_goes_on_once_a_client_takes_its_answers_again() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(get("/a"))
        connection.pause_writing()
        connection.data_received(b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * HEAD_BYTES)
        assert not line.is_reading()
        connection.resume_writing()
        assert line.is_reading()

    run(main)
