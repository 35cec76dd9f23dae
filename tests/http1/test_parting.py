"""How a connection ends: because the process does, because others need its place, or because it was refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlink.http1.connection import Connection
from shortlink.http1.server import Limits, Server
from shortlink.http1.wire import refusal
from tests.http1.quick_door import ANSWER, Line, QuickDoor, begun_post, connected, connected_to, get, run

LIMITS = Limits(head_seconds=1, body_seconds=2, idle_seconds=3, write_seconds=4, linger_seconds=5, answer_seconds=6)
HALF = get("/a")[:-2]


@pytest.mark.parametrize("end", [Connection.drain, Connection.give_way, Connection.lose_patience])
@pytest.mark.parametrize("before", [b"", get("/a")])
def test_who_asks_nothing_is_let_go_without_a_word(before: bytes, end: Callable[[Connection], None]) -> None:
    async def main() -> None:
        server = Server(QuickDoor(), LIMITS)
        connection, line = connected_to(server)
        connection.data_received(before)
        answered = line.written
        server.now += 10
        end(connection)
        assert line.written == answered
        assert line.closing.is_set()
        assert connection.has_left
        assert (line.is_cut_off, connection.deadline) == (False, server.now + 4)

    run(main)


@pytest.mark.parametrize(
    ("end", "status"), [(Connection.drain, 503), (Connection.give_way, 503), (Connection.lose_patience, 408)]
)
def test_who_asked_half_is_told_that_it_was_not_heard(end: Callable[[Connection], None], status: int) -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(HALF)
        end(connection)
        assert line.written == refusal(status)
        assert connection.has_left
        connection.data_received(b"\r\n")
        assert line.written == refusal(status)

    run(main)


def test_who_is_in_the_middle_of_a_body_may_end_it_until_that_is_not_waited_for() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(begun_post(2))
        connection.drain()
        assert (line.written, connection.has_left) == (b"", False)
        connection.drain(waits_for_body=False)
        assert line.written == refusal(503)

    run(main)


def test_who_is_being_answered_or_was_refused_is_told_nothing_more_when_the_process_ends() -> None:
    async def main() -> None:
        (asks, its_line), (refused, other_line) = [connected(QuickDoor(waits=True)) for _ in range(2)]
        asks.data_received(get("/a"))
        refused.data_received(b"no request\r\n\r\n")
        for connection in (asks, refused):
            connection.drain(waits_for_body=False)
        assert (its_line.written, other_line.written) == (b"", refusal(400))
        assert not asks.has_left
        assert not other_line.closing.is_set(), "it still has its moment to hear why"

    run(main)


@pytest.mark.parametrize("said", [b"", HALF])
def test_who_gives_way_with_an_answer_untaken_is_cut_off(said: bytes) -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(said)
        line.unsent = 1
        connection.give_way()
        assert line.is_cut_off

    run(main)


def refused(connection: Connection, line: Line) -> None:
    connection.data_received(b"no request\r\n\r\n")
    assert line.written == refusal(400)


def test_who_was_refused_may_still_speak_so_that_it_hears_why() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        refused(connection, line)
        assert (line.is_ended, line.closing.is_set()) == (True, False)

    run(main)


@pytest.mark.parametrize(("can_end", "is_over"), [(False, False), (True, True), (False, True)])
def test_where_a_side_cannot_end_alone_or_the_other_has_the_connection_is_closed(can_end: bool, is_over: bool) -> None:
    async def main() -> None:
        connection, line = connected(door := QuickDoor(waits=True))
        line.can_end = can_end
        connection.data_received(get("/a") + b"no request\r\n\r\n")
        if is_over:
            connection.eof_received()
        door.kept[0].reply(ANSWER, b"ok")
        assert line.written.endswith(refusal(400))
        assert (line.is_ended, line.closing.is_set()) == (False, True)

    run(main)


def test_who_was_refused_while_nothing_of_it_was_read_is_read_again_or_it_could_not_hear() -> None:
    async def main() -> None:
        connection, line = connected(door := QuickDoor(waits=True))
        connection.data_received(get("/a") + b"no request\r\n\r\n".ljust(10**6))
        assert not line.is_reading()
        door.kept[0].reply(ANSWER, b"ok")
        assert line.written.endswith(refusal(400))
        assert line.is_reading()

    run(main)


def test_a_connection_for_which_there_is_no_place_is_told_so() -> None:
    async def main() -> None:
        server = Server(QuickDoor(waits=True), Limits(connections=1))
        kept, _ = connected_to(server)
        kept.data_received(get("/a"))
        late, line = connected_to(server)
        assert line.written == refusal(503)
        assert late.has_left

    run(main)


@pytest.mark.parametrize(("said", "seconds"), [(b"", 1), (HALF, 1), (begun_post(9), 2), (get("/a"), 6)])
def test_each_thing_that_is_waited_for_has_a_time_of_its_own(said: bytes, seconds: int) -> None:
    async def main() -> None:
        server = Server(QuickDoor(waits=True), LIMITS)
        connection, _ = connected_to(server)
        connection.data_received(said)
        assert connection.deadline == server.now + seconds
        server.now += 0.5
        connection.data_received(b"x" if said.startswith(b"POST") else b"")
        assert connection.deadline == server.now - 0.5 + seconds

    run(main)
