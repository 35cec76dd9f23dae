"""What a starting process says of itself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shortlink.supervisor.probe import accepts, shortcomings

Answer = Callable[[int, bytes], int]


@pytest.fixture
def answering() -> Iterator[Answer]:
    """Serve one answer to everything; gives the port."""
    servers: list[HTTPServer] = []

    def start(status: int, body: bytes) -> int:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return server.server_port

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "amiss"),
    [
        (200, b'{"ready": true, "checks": {"store": "ok"}}', {}),
        (503, b'{"ready": false, "checks": {"store": "ok", "dispatcher": "none"}}', {"dispatcher": "none"}),
        (503, b'{"ready": false, "checks": {"store": "ok"}}', {"/readyz": "answers 503"}),
        (500, b"<html>", {"/readyz": "answers 500"}),
        (503, b'["checks"]', {"/readyz": "answers 503"}),
        (404, b'{"checks": 1}', {"/readyz": "answers 404"}),
    ],
)
def test_what_is_amiss_is_named(answering: Answer, status: int, body: bytes, amiss: dict[str, str]) -> None:
    assert shortcomings("127.0.0.1", answering(status, body)) == amiss


def test_a_closed_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert accepts("127.0.0.1", port)
    assert not accepts("127.0.0.1", port)
    assert shortcomings("127.0.0.1", port) == {f"port {port}": "does not answer (ConnectionRefusedError)"}
