"""Answer a request of the event loop with a WSGI app, on a thread of a small pool (PEP 3333)."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from shortlink.http1.exchange import ClientLeft, Exchange
from shortlink.http1.request import Request, raw_path
from shortlink.http1.wire import HeaderList, head_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

REPEATED = "shortlink.repeated"  # the headers that came more than once: joined, as WSGI has them, nobody can tell
THREADS = 8  # more would only fight for the interpreter: the store answers in a fraction of a millisecond
_BARE = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})
_UNHEARD = frozenset({"upgrade"})  # we have none to offer, and Werkzeug would look for a route of WebSockets


@dataclass(slots=True)
class _Answer:
    """An answer whose first two pieces are known; most have no more than one."""

    status: int
    headers: HeaderList
    first: bytes
    second: bytes
    rest: Iterator[bytes]
    close: Callable[[], object]

    @property
    def is_sized(self) -> bool:
        """Whether its headers say how long it is, or it has no length."""
        return self.status in (204, 304) or any(name.lower() == "content-length" for name, _ in self.headers)


class WsgiBridge:
    """Runs an app for requests whose bodies were read; its answers may be streams."""

    def __init__(self, app: WSGIApplication, *, host: str, port: int) -> None:
        """Make a bridge; `host` and `port` are where the door listens."""
        self._app = app
        self._server = {"SERVER_NAME": host, "SERVER_PORT": str(port)}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="view")

    async def answer(self, request: Request, peer: str, exchange: Exchange) -> None:
        """Let the app answer a request. A long answer is passed on piece by piece, as fast as the client takes it.

        Raises ClientLeft, and whatever the app raises.
        """
        answer = await self._run(self._begin, _environ(request, peer) | self._server, exchange)
        if answer.second:
            await self._stream(answer, exchange)
            return
        if not answer.is_sized and request.method != "HEAD":
            answer.headers.append(("Content-Length", str(len(answer.first))))
        exchange.reply(head_of(answer.status, answer.headers), answer.first)

    async def _stream(self, answer: _Answer, exchange: Exchange) -> None:
        try:
            stream = exchange.stream(head_of(answer.status, answer.headers), is_sized=answer.is_sized)
            try:
                await stream.send(answer.first)
                piece = answer.second
                while piece:
                    await stream.send(piece)
                    piece = await self._run(_next, answer.rest)
            except ClientLeft:
                raise
            except BaseException:
                stream.break_off()
                raise
            stream.end()
        finally:
            await self._run(answer.close)

    async def _run(self, work: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *given)

    def _begin(self, environ: dict[str, Any], exchange: Exchange) -> _Answer:
        if exchange.has_left:  # while it waited for a thread; whoever is still there shall not wait for its answer
            raise ClientLeft
        begun: list[tuple[int, HeaderList]] = []

        def start_response(status: str, headers: HeaderList, exc_info: object = None) -> Callable[[bytes], object]:  # noqa: ARG001
            begun.append((int(status[:3]), list(headers)))
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


def _environ(request: Request, peer: str) -> dict[str, Any]:
    """Describe a request as WSGI does."""
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(raw_path(request.target)).decode("latin-1"),
        "QUERY_STRING": request.target.partition("?")[2],
        "REMOTE_ADDR": peer,
        "SERVER_PROTOCOL": "HTTP/1.0" if request.is_old else "HTTP/1.1",
        REPEATED: request.repeated,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        # A name with "_" would pass for the one with dashes, which a proxy may have set.
        if "_" in name or name in _UNHEARD:
            continue
        key = name.upper().replace("-", "_")
        environ[key if key in _BARE else f"HTTP_{key}"] = value
    return environ
