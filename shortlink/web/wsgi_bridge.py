"""Answer a request of the event loop with the Flask app, on a thread of a small pool."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from flask import Flask

from shortlink.web.rsgi import HeaderList, Protocol, Scope

_NOT_ASCII = "\xff"  # stands for values that the server keeps to itself
THREADS = 8  # more would only fight for the interpreter: the store answers in a fraction of a millisecond


@dataclass(slots=True)
class _Answer:
    """An answer whose first two pieces are known; most have no more than one."""

    status: int
    headers: HeaderList
    first: bytes
    second: bytes
    rest: Iterator[bytes]
    close: Callable[[], object]


class WsgiBridge:
    """Runs the Flask app for requests whose bodies were read; its answers may be streams."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="view")

    async def answer(self, scope: Scope, protocol: Protocol, body: bytes) -> None:
        """Let the app answer a request. A long answer is passed on piece by piece, as fast as the client takes it."""
        answer = await self._run(self._begin, _environ(scope, body))
        if answer.second:
            await self._stream(answer, protocol)
        elif answer.first:
            protocol.response_bytes(answer.status, answer.headers, answer.first)
        else:  # also the answer to HEAD, whose headers tell the length of what GET would get
            protocol.response_empty(answer.status, answer.headers)

    async def _stream(self, answer: _Answer, protocol: Protocol) -> None:
        stream = protocol.response_stream(answer.status, answer.headers)
        try:
            await stream.send_bytes(answer.first)
            piece = answer.second
            while piece:
                await stream.send_bytes(piece)
                piece = await self._run(_next, answer.rest)
        finally:
            await self._run(answer.close)

    async def _run(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    def _begin(self, environ: dict[str, Any]) -> _Answer:
        begun: list[tuple[int, HeaderList]] = []

        def start_response(status: str, headers: HeaderList, exc_info: object = None) -> Callable[[bytes], object]:  # noqa: ARG001
            begun.append((int(status[:3]), [(name.lower(), value) for name, value in headers]))
            return lambda _: None

        pieces: Iterable[bytes] = self._app(environ, start_response)
        close: Callable[[], object] = getattr(pieces, "close", lambda: None)
        rest = iter(pieces)
        first = _next(rest)
        second = _next(rest) if first else b""
        if not second:
            close()
        status, headers = begun[-1]
        return _Answer(status=status, headers=headers, first=first, second=second, rest=rest, close=close)


def _next(pieces: Iterator[bytes]) -> bytes:
    """Take the next piece that is not empty; an empty one means that there are no more."""
    return next((piece for piece in pieces if piece), b"")


def _environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """Describe a request as WSGI does (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if scope.authority is not None:
        environ["HTTP_HOST"] = scope.authority
    for name, value in scope.headers.items():
        _add_header(environ, name, value)
    for name in scope.headers.keys():  # noqa: SIM118, it is no mapping
        if scope.headers.get(name) is None:
            _add_header(environ, name, _NOT_ASCII)  # a key that was misspelt is not a key that was not given
    return environ


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    if "_" in name:  # would pass for the header with dashes, which a proxy may have set
        return
    key = name.upper().replace("-", "_")
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = f"HTTP_{key}"
    if key in environ and key.startswith("HTTP_"):
        value = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}"
    environ[key] = value
