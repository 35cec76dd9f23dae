"""Receivers, names and the watch on what is dialled."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.callbacks.receivers import OK, Answer, ConnectWatch, Receiver, fixed

CERTIFICATE = Path(__file__).with_name("receiver.pem")  # for receiver.test, signed by itself, valid until 2126
SAY_OK = fixed(OK)
Serve = Callable[..., Receiver]
Zone = dict[str, list[list[str]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start receivers that are closed after the test."""
    running: list[Receiver] = []

    def start(answer: Answer = SAY_OK, **options: Any) -> Receiver:
        running.append(Receiver(answer, **options))
        return running[-1]

    yield start
    for receiver in running:
        receiver.close()


@pytest.fixture(scope="session")
def connect_watch() -> ConnectWatch:
    return ConnectWatch()


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Zone:
    """Answer name look-ups from a table: per name, the addresses of the first look-up, of the second, …

    The last line repeats. Addresses in any spelling that the system knows still work; all else does not exist.
    """
    table: Zone = {}
    system = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, family: int = 0, kind: int = 0, proto: int = 0, flags: int = 0) -> Any:
        lines = table.get(host)
        if lines is None:
            return system(host, port, family, kind, proto, flags | socket.AI_NUMERICHOST)
        addresses = lines.pop(0) if len(lines) > 1 else lines[0]
        return [row for address in addresses for row in system(address, port, 0, kind, 0, socket.AI_NUMERICHOST)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return table


@pytest.fixture
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the receivers' certificate."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE))
    monkeypatch.setattr("shortlink.callbacks.transport.tls_context", lambda: context)
