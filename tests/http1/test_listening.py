"""Which sockets are opened, who is taken on them, and who is still heard when the process ends."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from shortlink.http1.listening import open_sockets
from shortlink.http1.server import OTHER_FILES, Limits, Server
from tests.http1.quick_door import PATIENCE, QuickDoor, connected, get, run

OnLoop = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]


def test_a_client_that_asked_only_half_is_told_that_it_was_not_heard_when_the_process_ends() -> None:
    async def main() -> None:
        connection, line = connected(QuickDoor())
        connection.data_received(b"GET /a HTTP/1.1\r\nHo")
        connection.drain()
        assert line.written.startswith(b"HTTP/1.1 503")

    run(main)


@pytest.mark.parametrize("on_loop", [run, lambda main: asyncio.run(main())], ids=["loop_of_the_doors", "plain_loop"])
def test_who_is_connected_but_not_let_in_yet_is_answered_when_the_process_ends(on_loop: OnLoop) -> None:
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

    on_loop(main)


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
print(Server(None, Limits(connections=int(sys.argv[1])))._places.most)
"""
    told = subprocess.run([sys.executable, "-c", script, str(connections)], capture_output=True, check=True)
    assert int(told.stdout) == taken


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be_is_refused_with_the_ones_that_can(port: int) -> None:
    with pytest.raises(OSError, match="a port is a number from 0 to 65535"):
        open_sockets("127.0.0.1", port, 1)
