"""One client among others: how much of it is read, when others have their turn, and when it is given up."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from shortlink.http1.connection import TURN, Connection
from shortlink.http1.exchange import Exchange
from shortlink.http1.listening import open_sockets
from shortlink.http1.reading import HEAD_BYTES
from shortlink.http1.request import Intake, Request
from shortlink.http1.server import OTHER_FILES, Limits, Server, loop_factory
from shortlink.http1.wire import head_of, refusal

PATIENCE = 10.0
ANSWER = head_of(200, [("Content-Length", "2")])


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


class QuickDoor:
    """Answers at once, or, where it is told to, not until it may."""

    intake = Intake(body_bytes=lambda _: 10**7, judges_bodies=True, takes_chunks=True)

    def __init__(self, *, waits: bool = False) -> None:
        self.asked: list[str] = []
        self.kept: list[Exchange] = []
        self.waits = waits

    def answer(self, request: Request, peer: str, exchange: Exchange) -> None:
        self.asked.append(request.path)
        self.kept.append(exchange)
        if not self.waits:
            exchange.reply(ANSWER, b"ok")


class Line(asyncio.Transport):
    """A transport that keeps what was written, and how much of it the client has not taken."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.unsent = b"", 0
        self._reads, self.is_cut_off = True, False
        self.closing = asyncio.Event()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return None

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_reading(self) -> bool:
        return self._reads

    def pause_reading(self) -> None:
        self._reads = False

    def resume_reading(self) -> None:
        self._reads = True

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        self.closing.set()

    def abort(self) -> None:
        self.is_cut_off = True


def connected(door: QuickDoor) -> tuple[Connection, Line]:
    return connected_to(Server(door, Limits()))


def connected_to(server: Server) -> tuple[Connection, Line]:
    connection, line = Connection(server), Line()
    connection.connection_made(line)
    return connection, line


def begun_post(size: int, *, come: int = 1) -> bytes:
    """A request whose body is still to come, but for its first letters."""
    return f"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * come


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())


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


def test_bodies_that_are_not_whole_have_a_bound_over_all_clients() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits(held_bytes=1000))
        (first, its_line), (second, other_line), (third, short_line) = [connected_to(server) for _ in range(3)]
        first.data_received(begun_post(1001, come=400))
        second.data_received(begun_post(601, come=100))
        first.data_received(b"x" * 500)
        assert its_line.written + other_line.written == b""
        second.data_received(b"x")
        assert other_line.written == refusal(503)
        third.data_received(get("/b"))
        assert short_line.written.endswith(b"ok"), "who has no body is none of this"
        first.data_received(b"x" * 100)
        assert its_line.written == b"", "who was refused has left its room"
        first.data_received(b"x")
        assert its_line.written.endswith(b"ok")
        fourth, last_line = connected_to(server)
        fourth.data_received(begun_post(1001, come=1000))
        assert last_line.written == b"", "what was whole has left its room"

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
        connection.data_received(begun_post(1001, come=1000))
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


@pytest.mark.parametrize("before", [b"", get("/a")])
def test_empty_lines_before_a_request_buy_no_time(before: bytes) -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits())
        connection, line = connected_to(server)
        connection.data_received(before)
        begun_at = server.now
        for piece in (b"\r", b"\n", b"\r\n", b"\r", b"\n", b"GET /a HT"):
            connection.data_received(piece)
            assert connection.deadline == begun_at + server.limits.head_seconds
            server.now += 5
        connection.lose_patience()
        assert line.written.endswith(refusal(408))

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


def test_a_client_that_takes_its_answer_slowly_is_left_alone_and_one_that_does_not_is_not() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor(waits=True))
        connection.data_received(get("/a"))
        line.unsent = 100_000
        connection.pause_writing()
        for _ in range(3):
            line.unsent -= 1000
            connection.lose_patience()
            assert not line.is_cut_off
        connection.lose_patience()
        assert line.is_cut_off

    run(main)


def test_a_client_that_asked_only_half_is_told_that_it_was_not_heard_when_the_process_ends() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(b"GET /a HTTP/1.1\r\nHo")
        connection.drain()
        assert line.written.startswith(b"HTTP/1.1 503")

    run(main)


def test_who_is_connected_but_not_let_in_yet_is_answered_when_the_process_ends() -> None:
    async def main() -> None:
        server = Server(QuickDoor(), Limits())
        listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        address = listening.getsockname()
        await server.start(listening)
        clients = [socket.create_connection(address, timeout=PATIENCE) for _ in range(16)]
        try:
            for client in clients:
                client.sendall(get("/"))
            assert await server.stop(within_seconds=PATIENCE)
            assert [client.recv(1000)[:12] for client in clients] == [b"HTTP/1.1 200"] * len(clients)
        finally:
            for client in clients:
                client.close()

    run(main)


def test_sockets_that_were_opened_are_closed_when_one_of_them_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[socket.socket] = []

    class Failing(socket.socket):
        def listen(self, backlog: int = 0, /) -> None:
            opened.append(self)
            if len(opened) == 2:
                raise OSError("somebody was faster")
            super().listen(backlog)

    monkeypatch.setattr(socket, "socket", Failing)
    with pytest.raises(OSError, match="somebody was faster"):
        open_sockets("127.0.0.1", 0, 3)
    assert [one.fileno() for one in opened] == [-1, -1]


@pytest.mark.parametrize(("connections", "taken"), [(10, 10), (10**6, 300 - OTHER_FILES)])
def test_no_more_connections_are_taken_than_files_can_be_opened(connections: int, taken: int) -> None:
    script = """
import resource, sys
from shortlink.http1.server import Limits, Server
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300))
print(Server(None, Limits(connections=int(sys.argv[1])))._most)
"""
    told = subprocess.run([sys.executable, "-c", script, str(connections)], capture_output=True, check=True)
    assert int(told.stdout) == taken


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be_is_refused_with_the_ones_that_can(port: int) -> None:
    with pytest.raises(OSError, match="a port is a number from 0 to 65535"):
        open_sockets("127.0.0.1", port, 1)
