"""Customers' servers for the tests: each answers in its own way, on a free port of loopback."""

from __future__ import annotations

import contextlib
import random
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import Event, Lock, Thread
from typing import Any

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Answer = Callable[[socket.socket, Event], None]


def fixed(answer: bytes) -> Answer:
    """Answer every request with the same bytes, then close."""
    return lambda connection, _stop: connection.sendall(answer)


def endless(head: bytes, drop: bytes, seconds: float = 0.0) -> Answer:
    """Send a head, then the same bytes again and again until the caller is gone."""

    def answer(connection: socket.socket, stop: Event) -> None:
        connection.sendall(head)
        while not stop.wait(seconds):
            connection.sendall(drop)

    return answer


@dataclass
class Request:
    """What a receiver was sent."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A server that counts who connects and keeps what they send."""

    answer: Answer
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    port: int = 0
    reads: bool = True  # whether it reads the request before it answers
    connections: int = 0
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = _listen(self.host, self.port, family)
        self.port = self._listener.getsockname()[1]
        self._stop = Event()
        self._lock = Lock()
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop listening and wait for every answer under way."""
        self._stop.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
            thread = Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection:
                if self.reads:
                    request = _read(connection)
                    with self._lock:
                        self.requests.append(request)
                self.answer(connection, self._stop)


def _listen(host: str, port: int, family: socket.AddressFamily) -> socket.socket:
    """Listen on a port, or on a free one below those that systems hand out by themselves.

    Those are used again and again: somebody who still calls a server that is gone would be taken for a breach.
    """
    for _ in range(100):
        with contextlib.suppress(OSError):
            chosen = port or random.randint(12_000, 30_000)
            return socket.create_server((host, chosen), family=family, backlog=128)
        if port:
            break
    raise OSError(f"cannot listen on {host}:{port}")


def _read(connection: socket.socket) -> Request:
    with connection.makefile("rb") as stream:
        line = stream.readline().decode("latin-1").strip()
        headers: dict[str, str] = {}
        while (header := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
    return Request(line, headers, body)


class ConnectWatch:
    """Sees every connection that this process tries to make, and lets none leave loopback."""

    def __init__(self) -> None:
        self.tried: list[Any] = []
        self._armed = False
        sys.addaudithook(self._hear)  # cannot be taken out again, hence one for the whole run and a switch

    @contextlib.contextmanager
    def armed(self) -> Iterator[list[Any]]:
        """Collect the addresses that are dialled meanwhile."""
        self.tried = []
        self._armed = True
        try:
            yield self.tried
        finally:
            self._armed = False

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event != "socket.connect" or not self._armed or not isinstance(args[1], tuple):
            return
        self.tried.append(args[1])
        if not ip_address(str(args[1][0]).partition("%")[0]).is_loopback:
            raise ConnectionRefusedError(f"tests stay on loopback, not {args[1]}")
