"""What an app is told of a request, and what becomes of its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from shortlink.bootstrap.doors import Services
from shortlink.http1.exchange import ClientLeft
from shortlink.http1.request import Request
from shortlink.web.app import create_app
from shortlink.web.wsgi_bridge import WsgiBridge

Start = Callable[..., Any]


class Said:
    """An exchange that keeps what was said; its client leaves after so many pieces."""

    def __init__(self, *, leaves_after: int = 99) -> None:
        self.head, self.body, self.pieces = b"", b"", list[bytes]()
        self.is_sized: bool | None = None
        self.ended = ""
        self._leaves_after = leaves_after
        self.has_left = False

    def reply(self, head: bytes, body: bytes) -> None:
        self.head, self.body = head, body

    def stream(self, head: bytes, *, is_sized: bool) -> Said:
        self.head, self.is_sized = head, is_sized
        return self

    async def send(self, piece: bytes) -> None:
        if len(self.pieces) == self._leaves_after:
            raise ClientLeft
        self.pieces.append(piece)

    def end(self) -> None:
        self.ended = "whole"

    def break_off(self) -> None:
        self.ended = "broken off"


def ask(app: Any, target: str = "/", *, said: Said | None = None, method: str = "GET", **headers: str) -> Said:
    request = Request(method, target, {name.replace("_", "-"): value for name, value in headers.items()}, is_old=False)
    request.body = b"body"
    exchange = said or Said()
    bridge = WsgiBridge(app, host="127.0.0.1", port=8000)
    asyncio.run(bridge.answer(request, "192.0.2.1", exchange))
    return exchange


def answering(status: str, pieces: Iterable[bytes], *headers: tuple[str, str]) -> Any:
    def app(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        start_response(status, list(headers))
        return pieces

    return app


class Pieces:
    """The pieces of an answer; knows whether they were closed."""

    def __init__(self, *pieces: bytes, then: Exception | None = None) -> None:
        self.pieces, self.then, self.closed = pieces, then, 0

    def __iter__(self) -> Iterator[bytes]:
        yield from self.pieces
        if self.then is not None:
            raise self.then

    def close(self) -> None:
        self.closed += 1


def test_an_app_is_told_of_a_request_as_the_standard_says() -> None:
    told: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        told.update(environ, body=environ["wsgi.input"].read())
        start_response("204 No Content", [])
        return []

    said = ask(
        app, "/caf%C3%A9/%2F?x=%20&y", method="POST", host="api.test", content_type="text/x", x_a="1", cookie="a=b"
    )
    assert said.head == b"HTTP/1.1 204 No Content\r\n"
    expected = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/caf\xc3\xa9//",
        "QUERY_STRING": "x=%20&y",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "REMOTE_ADDR": "192.0.2.1",
        "HTTP_HOST": "api.test",
        "CONTENT_TYPE": "text/x",
        "HTTP_X_A": "1",
        "HTTP_COOKIE": "a=b",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "body": b"body",
    }
    assert {name: told.get(name) for name in expected} == expected


def test_a_header_with_an_underscore_does_not_pass_for_one_with_a_dash() -> None:
    told: dict[str, Any] = {}
    request = Request("GET", "/", {"x_forwarded_for": "1.1.1.1"}, is_old=False)

    def app(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        told.update(environ)
        start_response("200 OK", [])
        return [b"x"]

    asyncio.run(WsgiBridge(app, host="h", port=1).answer(request, "192.0.2.1", Said()))
    assert "HTTP_X_FORWARDED_FOR" not in told


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/dashboard/login", 200), ("/0OIl", 404)])
def test_who_would_rather_speak_websocket_is_answered_all_the_same(services: Services, path: str, status: int) -> None:
    app = create_app(services)
    plain = ask(app, path, host="api.test")
    upgrading = ask(app, path, host="api.test", connection="Upgrade", upgrade="websocket")
    assert plain.head.split()[1] == upgrading.head.split()[1] == str(status).encode()


@pytest.mark.parametrize(
    ("status", "method", "pieces", "length"),
    [
        ("200 OK", "GET", [b"", b"abc", b""], b"Content-Length: 3\r\n"),
        ("200 OK", "GET", [], b"Content-Length: 0\r\n"),
        ("200 OK", "HEAD", [], b""),
        ("304 Not Modified", "GET", [], b""),
    ],
)
def test_an_answer_in_one_piece_is_told_its_length_where_it_has_one(
    status: str, method: str, pieces: list[bytes], length: bytes
) -> None:
    said = ask(answering(status, pieces), method=method)
    assert said.head == f"HTTP/1.1 {status}\r\n".encode() + length
    assert said.body == b"".join(pieces)


@pytest.mark.parametrize(("headers", "is_sized"), [((), False), ((("content-length", "6"),), True)])
def test_an_answer_in_pieces_is_passed_on_as_it_comes_and_closed_once(
    headers: tuple[tuple[str, str], ...], is_sized: bool
) -> None:
    pieces = Pieces(b"ab", b"", b"cd", b"ef")
    said = ask(answering("200 OK", pieces, *headers))
    assert (said.pieces, said.is_sized, said.ended, pieces.closed) == ([b"ab", b"cd", b"ef"], is_sized, "whole", 1)


def test_an_answer_that_fails_on_the_way_is_broken_off_and_closed() -> None:
    pieces, said = Pieces(b"ab", b"cd", then=RuntimeError("no more")), Said()
    with pytest.raises(RuntimeError):
        ask(answering("200 OK", pieces), said=said)
    assert (said.ended, pieces.closed) == ("broken off", 1)


def test_a_view_is_not_run_for_a_client_that_left_while_it_waited() -> None:
    said, ran = Said(), []
    said.has_left = True

    def app(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        ran.append(environ)
        return []

    with pytest.raises(ClientLeft):
        ask(app, said=said)
    assert not ran


def test_an_answer_whose_client_has_left_is_closed() -> None:
    pieces, said = Pieces(b"ab", b"cd", b"ef"), Said(leaves_after=2)
    with pytest.raises(ClientLeft):
        ask(answering("200 OK", pieces), said=said)
    assert (said.pieces, said.ended, pieces.closed) == ([b"ab", b"cd"], "", 1)
