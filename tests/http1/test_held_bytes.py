"""Heads and bodies that are not whole: how many bytes of them all clients together may have here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlink.http1.connection import Connection
from shortlink.http1.server import Limits, Server
from shortlink.http1.wire import refusal
from tests.http1.quick_door import QuickDoor, begun_post, connected_to, get, run


def test_bodies_that_are_not_whole_have_a_bound_over_all_clients() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits(held_bytes=1000))
        (first, its_line), (second, other_line), (third, short_line) = [connected_to(server) for _ in range(3)]
        first.data_received(begun_post(1000, come=400))
        second.data_received(begun_post(601, come=100))
        first.data_received(b"x" * 500)
        assert its_line.written + other_line.written == b""
        second.data_received(b"x")
        assert other_line.written == refusal(503)
        third.data_received(get("/b"))
        assert short_line.written.endswith(b"ok"), "who has no body is none of this"
        first.data_received(b"x" * 99)
        assert its_line.written == b"", "who was refused has left its room"
        first.data_received(b"x")
        assert its_line.written.endswith(b"ok")
        fourth, last_line = connected_to(server)
        fourth.data_received(begun_post(1001, come=1000))
        assert last_line.written == b"", "what was answered has left its room"

    run(main)


def test_heads_that_are_not_whole_have_the_same_bound() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits(held_bytes=1000))
        half = b"GET /a HTTP/1.1\r\nHost: x\r\nX-Long: "
        (first, its_line), (second, other_line), (third, short_line) = [connected_to(server) for _ in range(3)]
        first.data_received(half.ljust(600, b"x"))
        second.data_received(half.ljust(400, b"x"))
        third.data_received(get("/b"))
        assert short_line.written.endswith(b"ok"), "a head that is whole is none of this"
        second.data_received(b"x")
        assert (its_line.written, other_line.written) == (b"", refusal(503))
        first.data_received(b"x" * 400 + b"\r\n\r\n")
        assert its_line.written.endswith(b"ok"), "who was refused has left its room"
        fourth, last_line = connected_to(server)
        fourth.data_received(half.ljust(1000, b"x"))
        assert last_line.written == b"", "what was whole has left its room"

    run(main)


def test_one_who_posts_again_and_again_gives_its_room_back_once_each() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits(held_bytes=1000))
        connection, line = connected_to(server)
        for _ in range(3):
            connection.data_received(begun_post(500, come=400))
            connection.data_received(b"x" * 100)
        assert line.written.count(b"ok") == 3
        connection.connection_lost(None)
        for come, answer in ((1000, b""), (1, refusal(503))):
            other, other_line = connected_to(server)
            other.data_received(begun_post(2000, come=come))
            assert other_line.written == answer

    run(main)


def test_a_head_leaves_its_room_to_its_body() -> None:
    async def main() -> None:
        connection, line = connected_to(Server(QuickDoor(), Limits(held_bytes=1000)))
        begun = begun_post(951, come=0)
        connection.data_received(begun[:50])
        connection.data_received(begun[50:] + b"x" * 950)
        assert line.written == b""
        connection.data_received(b"x")
        assert line.written.endswith(b"ok")

    run(main)


def test_who_announces_bodies_and_sends_none_takes_no_room_from_others() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits(held_bytes=1000))
        for _ in range(100):
            silent, its_line = connected_to(server)
            silent.data_received(begun_post(10**6, come=0))
            assert its_line.written == b""
        connection, line = connected_to(server)
        connection.data_received(begun_post(1000, come=999))
        connection.data_received(b"x")
        assert line.written.endswith(b"ok")

    run(main)


def test_a_body_in_chunks_counts_by_what_has_come_of_it() -> None:
    async def main() -> None:
        connection, line = connected_to(Server(QuickDoor(), Limits(held_bytes=1000)))
        connection.data_received(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(2):
            connection.data_received(b"1f4;an=extension\r\n" + b"x" * 500 + b"\r\n")
        assert line.written == b""
        connection.data_received(b"1\r\nx")
        assert line.written == refusal(503)

    run(main)


@pytest.mark.parametrize("leave", [lambda one: one.connection_lost(None), Connection.lose_patience])
def test_who_ends_in_the_middle_of_a_body_leaves_its_room(leave: Callable[[Connection], None]) -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits(held_bytes=1000))
        for _ in range(3):
            connection, line = connected_to(server)
            connection.data_received(begun_post(901, come=900))
            assert line.written == b""
            leave(connection)

    run(main)
