"""The door's HTTP as strangers may speak it: pipelined, cut up, too long, too slow, or never read."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest

from shortlink.config import Settings
from shortlink.domain.message import Message
from shortlink.http1.reading import HEAD_BYTES
from shortlink.http1.server import Limits
from tests.redirect.conftest import PATIENCE, WireDoor, async_door, read_all

PING = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /robots.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture
def limited(link_settings: Settings) -> Callable[[Limits], AbstractContextManager[WireDoor]]:
    return partial(async_door, link_settings)


def statuses(heard: bytes) -> list[int]:
    return [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]


def test_pipelined_requests_are_answered_in_their_order(own: WireDoor, tracked: Message) -> None:
    tap = f"GET /{tracked.code} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    heard = own.say((tap + PING + b"POST / HTTP/1.1\r\nHost: x\r\n\r\n") * 50 + tap + LAST)
    assert statuses(heard) == [302, 200, 404] * 50 + [302, 200]


def test_a_request_may_come_byte_by_byte(own: WireDoor) -> None:
    with own.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"\r\n" + LAST:
            connection.sendall(bytes([byte]))
        assert statuses(read_all(connection)) == [200]


def test_head_has_the_headers_of_get_and_no_body(own: WireDoor) -> None:
    heard = own.say(b"HEAD /robots.txt HTTP/1.1\r\nHost: x\r\n\r\n" + LAST)
    assert statuses(heard) == [200, 200]
    assert heard.count(b"Content-Length: 26\r\n") == 2
    assert heard.count(b"User-agent: *") == 1


@pytest.mark.parametrize(("version", "kept"), [(b"1.1", True), (b"1.0", False)])
def test_an_old_client_is_told_how_its_connection_goes_on(own: WireDoor, version: bytes, kept: bool) -> None:
    with own.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/" + version + b"\r\nHost: x\r\n\r\n")
        first = connection.recv(65536)
        assert (b"Connection: close" in first) is not kept
        connection.sendall(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" if kept else b"")
        assert (b"Connection: keep-alive" in connection.recv(65536)) is kept


def test_a_body_is_skipped_and_not_taken_for_a_request(own: WireDoor) -> None:
    body = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    heard = own.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body + LAST)
    assert statuses(heard) == [200, 200]


@pytest.mark.parametrize(("size", "heard"), [(65_536, [200, 200]), (65_537, [413])])
def test_a_body_is_skipped_up_to_a_bound(own: WireDoor, size: int, heard: list[int]) -> None:
    with own.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        if heard != [413]:
            connection.sendall(b"x" * size + LAST)
        assert statuses(read_all(connection)) == heard


@pytest.mark.parametrize("target", ["http://x#{}", "http://x?{}", "*{}", "{}", "x:80"])
def test_a_target_without_a_path_opens_no_link(own: WireDoor, tracked: Message, target: str) -> None:
    first = f"GET {target.format(tracked.code)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    assert statuses(own.say(first + LAST)) == [404, 200]


def test_a_body_that_waits_to_be_asked_for_is_asked_for(own: WireDoor) -> None:
    with own.connect() as connection:
        connection.sendall(b"POST /abc HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"a=b\r\n" + LAST)
        assert statuses(read_all(connection)) == [405, 200]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET /" + b"a" * HEAD_BYTES, 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * HEAD_BYTES, 431),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * HEAD_BYTES + b"\r\n\r\n", 431),
        (b"\x16\x03\x01 hello\r\n\r\n", 400),
    ],
)
def test_what_is_refused_ends_the_connection_and_nothing_behind_it_is_answered(
    own: WireDoor, sent: bytes, status: int
) -> None:
    with own.connect() as connection:
        connection.sendall(sent)
        connection.sendall(PING)
        connection.shutdown(socket.SHUT_WR)
        assert statuses(read_all(connection)) == [status]


def test_who_has_nothing_more_to_say_is_still_answered(own: WireDoor, tracked: Message) -> None:
    with own.connect() as connection:
        connection.sendall(f"GET /{tracked.code} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.shutdown(socket.SHUT_WR)
        heard = read_all(connection)
    assert statuses(heard) == [302]


@pytest.fixture
def impatient(limited: Callable[[Limits], AbstractContextManager[WireDoor]]) -> Iterator[WireDoor]:
    limits = Limits(
        head_seconds=0.1, body_seconds=0.1, idle_seconds=0.1, write_seconds=0.1, linger_seconds=0.1, sweep_seconds=0.02
    )
    with limited(limits) as door:
        yield door


@pytest.mark.parametrize(
    ("sent", "heard"),
    [
        (b"", []),
        (b"GET /abc HTTP/1.1\r\nHo", [408]),
        (b"\x16\x03\x01", [400]),
        (b"POST /abc HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1", [408]),
        (PING, [200]),
        (PING + b"GET", [200, 408]),
    ],
)
def test_nobody_waits_for_ever_for_the_rest_of_a_request(impatient: WireDoor, sent: bytes, heard: list[int]) -> None:
    assert statuses(impatient.say(sent)) == heard


def test_a_little_more_now_and_then_buys_no_time(impatient: WireDoor) -> None:
    with impatient.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(0.03)
        heard = b""
        connection.sendall(b"GET /abc HTTP/1.1\r\n")
        for _ in range(200):
            try:
                heard += connection.recv(4096)
                break
            except TimeoutError:
                connection.sendall(b"X: y\r\n")
        assert statuses(heard) == [408]


def test_who_does_not_read_its_answers_is_cut_off(impatient: WireDoor) -> None:
    with impatient.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(PATIENCE)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            connection.sendall(b"GET /a/b HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000_000)
    assert impatient.ask("/healthz").status == 200


def test_who_asks_nothing_makes_room_for_who_comes(
    limited: Callable[[Limits], AbstractContextManager[WireDoor]],
) -> None:
    with limited(Limits(connections=2)) as door, door.connect() as one, door.connect() as other:
        for connection in (one, other):
            connection.sendall(PING)
            assert statuses(connection.recv(4096)) == [200]
        with door.connect() as newcomer:
            newcomer.sendall(PING)
            assert statuses(newcomer.recv(4096)) == [200]
        ended, *_ = select.select([one, other], [], [], PATIENCE)
        assert [connection.recv(4096) for connection in ended] == [b""]
