"""What is sent ahead, and answers that nobody takes: how many bytes of them all clients together may have here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlink.http1.connection import Connection
from shortlink.http1.server import Limits, Server
from tests.http1.quick_door import ANSWER, Line, QuickDoor, connected_to, get, run

ROOM = 1000
AHEAD = get("/b")


def full_server() -> Server:
    return Server(QuickDoor(waits=True), Limits(waiting_bytes=ROOM))


def blocked(server: Server, unsent: int) -> tuple[Connection, Line]:
    """A client that has not taken so much of its answers."""
    connection, line = connected_to(server)
    connection.data_received(get("/a"))
    line.unsent = unsent
    connection.pause_writing()
    return connection, line


def test_who_does_not_take_more_answers_than_there_is_room_for_is_cut_off() -> None:
    async def main() -> None:
        server = full_server()
        assert not blocked(server, 600)[1].is_cut_off
        assert not blocked(server, 400)[1].is_cut_off, "there is room for as much as is said"
        assert blocked(server, 1)[1].is_cut_off

    run(main)


@pytest.mark.parametrize(
    "leave", [lambda one: one.connection_lost(None), lambda one: one.resume_writing()], ids=["it left", "it reads"]
)
def test_who_takes_its_answers_or_leaves_makes_room(leave: Callable[[Connection], None]) -> None:
    async def main() -> None:
        server = full_server()
        connection, _ = blocked(server, ROOM)
        leave(connection)
        assert not blocked(server, ROOM)[1].is_cut_off

    run(main)


def test_who_sends_more_ahead_than_there_is_room_for_is_answered_what_is_under_way_and_nothing_else() -> None:
    async def main() -> None:
        server = full_server()
        full, _ = blocked(server, ROOM - len(AHEAD))
        ahead, line = connected_to(server)
        ahead.data_received(get("/a"))
        ahead.data_received(AHEAD)
        ahead.data_received(b"x")
        assert not line.is_cut_off
        ahead.data_received(AHEAD)
        assert ahead._reader.unread_bytes == 0
        next_one, its_line = blocked(server, len(AHEAD))
        assert not its_line.is_cut_off, "who is heard no more has left its room"
        next_one.connection_lost(None)
        door = server.door
        assert isinstance(door, QuickDoor)
        door.kept[1].reply(ANSWER, b"ok")
        assert line.written.endswith(b"ok")
        assert (door.asked, ahead.has_left) == (["/a"] * 3, True)
        full.connection_lost(None)

    run(main)


def test_what_was_sent_ahead_leaves_its_room_when_it_is_taken_up() -> None:
    async def main() -> None:
        server = full_server()
        door = server.door
        assert isinstance(door, QuickDoor)
        for _ in range(2 * ROOM // len(AHEAD)):
            connection, line = connected_to(server)
            connection.data_received(get("/a"))
            connection.data_received(AHEAD)
            door.kept[-1].reply(ANSWER, b"ok")
            door.kept[-1].reply(ANSWER, b"ok")
            assert line.written.count(b"ok") == 2

    run(main)


def test_who_is_refused_and_leaves_then_gives_its_room_back_once() -> None:
    async def main() -> None:
        server = full_server()
        door = server.door
        assert isinstance(door, QuickDoor)
        connection, _ = connected_to(server)
        connection.data_received(get("/a"))
        connection.data_received(b"no request\r\n\r\n")
        door.kept[0].reply(ANSWER, b"ok")
        assert (connection.has_left, connection._reader.unread_bytes) == (True, 0)
        assert not blocked(server, ROOM)[1].is_cut_off
        connection.connection_lost(None)
        assert blocked(server, 1)[1].is_cut_off

    run(main)


def test_what_is_asked_with_nothing_under_way_waits_for_nobody() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits(waiting_bytes=0))
        connection, line = connected_to(server)
        for piece in (get("/a")[:9], get("/a")[9:], get("/b")):
            connection.data_received(piece)
        assert line.written.count(b"ok") == 2

    run(main)
