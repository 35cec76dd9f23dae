"""The wire to the carrier: passes requests on and back, and can hold an answer, change it or cut it off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Meddling:
    """What is done to one request that creates a message.

    With `answer` it never reaches the carrier; a status of 0 cuts the line. `hold` keeps the answer back.
    """

    answer: tuple[int, bytes] | None = None
    hold: threading.Event | None = None
    cut: bool = False


Plan = Callable[[str, int], Meddling]  # the recipient, and which request for it this is, from 1


class _Server(ThreadingHTTPServer):
    request_queue_size = 128  # with the usual 5, a call among many may not get through, and is put off
    daemon_threads = True


class Wire:
    """A proxy on loopback; use it as a context manager, and set `target` before the first request comes."""

    def __init__(self, plan: Plan) -> None:
        self.target = ""
        self.requests: dict[str, int] = {}
        self._plan = plan
        self._lock = threading.Lock()
        wire = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                wire.pass_on(self, b"")

            def do_POST(self) -> None:
                wire.meddle(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="wire", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def meddle(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Do to a request what the plan says."""
        recipient = parse_qs(body.decode()).get("To", [""])[0]
        with self._lock:
            self.requests[recipient] = number = self.requests.get(recipient, 0) + 1
        meddling = self._plan(recipient, number)
        status, answer = meddling.answer or self._ask(handler, body)
        if meddling.hold is not None:
            meddling.hold.wait(60)
        if not meddling.cut:
            _write(handler, status, answer)
        handler.close_connection = True

    def pass_on(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        """Pass a request on as it is."""
        _write(handler, *self._ask(handler, body))

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(self.target)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        headers = {name: value for name, value in handler.headers.items() if name.lower() != "connection"}
        try:
            connection.request(handler.command, handler.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _write(handler: BaseHTTPRequestHandler, status: int, body: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
