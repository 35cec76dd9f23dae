"""A server on loopback that answers as it is told to, well or badly, and keeps what it was asked."""

from __future__ import annotations

import json
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from shortlink.carriers.twilio import TwilioCarrier

ACCOUNT_SID = "AC" + "1" * 32
AUTH_TOKEN = "the-auth-token-of-the-tests"
CERTIFICATE = Path(__file__).parent / "data" / "loopback.pem"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "description: checks against a server made from Twilio's own description; slow")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    headers: dict[str, str]
    port: int  # of the client's end: another one means another connection


Behaviour = Callable[[Any, Seen], None]  # gets the handler of the connection and the request


@dataclass
class Wire:
    """Answers every request by the next behaviour in line; the last one stays."""

    base_url: str = ""
    seen: list[Seen] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    _behaviours: list[Behaviour] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def answer(self, status: int, body: object = None, headers: Mapping[str, str] | None = None) -> None:
        """Answer with JSON, or with the very text when `body` is one."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.answer_bytes(status, text.encode(), headers)

    def answer_each(self, status: int, body_for: Callable[[Seen], object]) -> None:
        """Answer each request by what it asked."""
        self._behaviours.append(
            lambda handler, request: write_answer(handler, status, json.dumps(body_for(request)).encode())
        )

    def answer_late(self, seconds: float, status: int, body: object) -> None:
        def behave(handler: Any, _: Seen) -> None:
            self.closing.wait(seconds)
            write_answer(handler, status, json.dumps(body).encode())

        self._behaviours.append(behave)

    def answer_bytes(self, status: int, raw: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._behaviours.append(lambda handler, _: write_answer(handler, status, raw, headers))

    def answer_raw(self, raw: bytes) -> None:
        """Write these bytes and close the connection."""

        def behave(handler: Any, _: Seen) -> None:
            handler.wfile.write(raw)
            handler.close_connection = True

        self._behaviours.append(behave)

    def hang(self) -> None:
        """Take the request and say nothing until the test is over."""

        def behave(handler: Any, _: Seen) -> None:
            self.closing.wait()
            handler.close_connection = True

        self._behaviours.append(behave)

    def reset(self) -> None:
        """Take the request and tear the connection down."""

        def behave(handler: Any, _: Seen) -> None:
            handler.close_connection = True
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(handler.connection.detach())  # close() would wait for the streams and say goodbye first

        self._behaviours.append(behave)

    def close_early(self) -> None:
        """Take the request and close the connection without a word."""
        self.answer_raw(b"")

    def note_closed(self) -> None:
        self._closed.release()

    def wait_until_closed(self) -> None:
        """Wait until the server has closed one more connection."""
        assert self._closed.acquire(timeout=5)

    def serve(self, handler: Any) -> None:
        """Keep the request that came on a connection, then behave."""
        parts = urlsplit(handler.path)
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        request = Seen(
            method=handler.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            form=dict(parse_qsl(body.decode(), keep_blank_values=True)),
            headers=dict(handler.headers.items()),
            port=handler.client_address[1],
        )
        with self._lock:
            self.seen.append(request)
            behave = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
        behave(handler, request)


def write_answer(handler: Any, status: int, raw: bytes, headers: Mapping[str, str] | None = None) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(raw)), **(headers or {})}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(raw)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with serving(Wire(), tls=None) as told:
        yield told


@pytest.fixture
def tls_wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """The same behind TLS, with a certificate that this test alone trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with serving(Wire(), tls=context) as told:
        yield told


@contextmanager
def serving(told: Wire, *, tls: ssl.SSLContext | None) -> Iterator[Wire]:

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # offers to keep connections alive

        def do_POST(self) -> None:
            told.serve(self)

        def do_GET(self) -> None:
            told.serve(self)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # named so by the parent
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            told.note_closed()

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # a client that went away

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:  # the handshake belongs into the connection's thread, not into the accepting one
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    told.base_url = f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield told
    told.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def carrier_for() -> Callable[..., TwilioCarrier]:
    """Make a carrier that talks to a base URL, with the tests' account; any argument may be given."""

    def make(base_url: str, **given: Any) -> TwilioCarrier:
        usual = {
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "connect_timeout": 5.0,
            "read_timeout": 10.0,
        }
        return TwilioCarrier(base_url=base_url, **{**usual, **given})

    return make


@pytest.fixture
def carrier(wire: Wire, carrier_for: Callable[..., TwilioCarrier]) -> TwilioCarrier:
    return carrier_for(wire.base_url)
