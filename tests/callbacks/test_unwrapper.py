"""Following public shorteners: to the first address outside, and to nobody else."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from ipaddress import ip_network
from threading import Barrier, Event, Thread

import pytest

from shortlink.callbacks.unwrapper import MOST_AT_ONCE, MOST_HOPS, Unwrapper
from shortlink.domain.target import PUBLIC_SHORTENERS, host_of, is_covered
from tests.callbacks.conftest import Serve, Zone
from tests.callbacks.receivers import Answer, ConnectWatch, fixed

LOOPBACK = [ip_network("127.0.0.0/8")]
FINAL = "https://shop.test/sale?a=1"


def shortener(url: str) -> bool:
    return is_covered(host_of(url), PUBLIC_SHORTENERS)


@pytest.fixture
def unwrap(zone: Zone) -> Callable[..., str | None]:
    """Unwrap with bit.ly and t.co on loopback."""
    zone |= {"bit.ly": [["127.0.0.1"]], "t.co": [["127.0.0.1"]]}
    return Unwrapper(is_shortener=shortener, timeout_seconds=2, allowed_networks=LOOPBACK).unwrap


def moved(location: str, status: int = 301) -> bytes:
    return f"HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n".encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_address_behind_a_redirect_is_found_with_one_head(
    serve: Serve, unwrap: Callable[..., str | None], status: int
) -> None:
    receiver = serve(fixed(moved(FINAL, status)))
    assert unwrap(f"http://bit.ly:{receiver.port}/abc") == FINAL
    assert [request.line for request in receiver.requests] == ["HEAD /abc HTTP/1.1"]


def test_a_chain_is_followed_while_it_stays_with_shorteners(serve: Serve, unwrap: Callable[..., str | None]) -> None:
    last = serve(fixed(moved(FINAL)))
    first = serve(fixed(moved(f"http://t.co:{last.port}/x")))
    assert unwrap(f"http://bit.ly:{first.port}/abc") == FINAL


def test_nobody_but_shorteners_is_called(
    serve: Serve, unwrap: Callable[..., str | None], connect_watch: ConnectWatch
) -> None:
    canary = serve()
    receiver = serve(fixed(moved(f"http://127.0.0.1:{canary.port}/admin")))
    with connect_watch.armed() as tried:
        assert unwrap(f"http://bit.ly:{receiver.port}/abc") == f"http://127.0.0.1:{canary.port}/admin"
    assert canary.connections == 0
    assert {address[1] for address in tried} == {receiver.port}


def test_a_shortener_that_resolves_to_the_inside_is_not_called(serve: Serve, zone: Zone) -> None:
    receiver = serve(fixed(moved(FINAL)))
    zone["bit.ly"] = [["127.0.0.1"]]
    assert Unwrapper(is_shortener=shortener).unwrap(f"http://bit.ly:{receiver.port}/abc") is None
    assert receiver.connections == 0


def test_get_is_tried_where_head_is_not_answered(serve: Serve, unwrap: Callable[..., str | None]) -> None:
    answers = [b"HTTP/1.1 405 No\r\ncontent-length: 0\r\n\r\n", moved(FINAL)]
    receiver = serve(lambda connection, _stop: connection.sendall(answers.pop(0)))
    assert unwrap(f"http://bit.ly:{receiver.port}/abc") == FINAL
    assert [request.line[:4].strip() for request in receiver.requests] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 302 Moved\r\ncontent-length: 0\r\n\r\n",
        moved("http://[half-an-address/"),
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_leads_nowhere_is_none(serve: Serve, unwrap: Callable[..., str | None], answer: bytes) -> None:
    assert unwrap(f"http://bit.ly:{serve(fixed(answer)).port}/abc") is None


def test_a_ring_of_shorteners_ends(serve: Serve, unwrap: Callable[..., str | None]) -> None:
    receiver = serve(fixed(moved("/again")))
    assert unwrap(f"http://bit.ly:{receiver.port}/abc") is None
    assert receiver.connections == MOST_HOPS


def test_a_shortener_that_hangs_costs_no_more_than_the_deadline(serve: Serve, zone: Zone) -> None:
    zone["bit.ly"] = [["127.0.0.1"]]
    receiver = serve(wait_for_the_end)
    begun = time.monotonic()
    unwrapper = Unwrapper(is_shortener=shortener, timeout_seconds=0.3, allowed_networks=LOOPBACK)
    assert unwrapper.unwrap(f"http://bit.ly:{receiver.port}/abc") is None
    assert time.monotonic() - begun < 5


def wait_for_the_end(_connection: socket.socket, stop: Event) -> None:
    stop.wait(10)


def test_one_link_to_many_numbers_is_asked_for_once(serve: Serve, zone: Zone) -> None:
    zone["bit.ly"] = [["127.0.0.1"]]
    now = [0.0]
    receiver = serve(fixed(moved(FINAL)))
    unwrapper = Unwrapper(is_shortener=shortener, allowed_networks=LOOPBACK, clock=lambda: now[0])
    url = f"http://bit.ly:{receiver.port}/abc"
    assert [unwrapper.unwrap(url) for _ in range(5)] == [FINAL] * 5
    assert receiver.connections == 1
    now[0] = 601
    assert unwrapper.unwrap(url) == FINAL
    assert receiver.connections == 2


def test_slow_shorteners_hold_only_some_threads(serve: Serve, zone: Zone) -> None:
    zone["bit.ly"] = [["127.0.0.1"]]
    inside = Barrier(MOST_AT_ONCE + 1)
    unwrapper = Unwrapper(is_shortener=shortener, timeout_seconds=5, allowed_networks=LOOPBACK)
    receiver = serve(slowly(inside))
    urls = [f"http://bit.ly:{receiver.port}/{n}" for n in range(MOST_AT_ONCE)]
    threads = [Thread(target=unwrapper.unwrap, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    inside.wait(5)
    assert unwrapper.unwrap(f"http://bit.ly:{receiver.port}/one-more") is None
    assert receiver.connections == MOST_AT_ONCE
    inside.wait(5)
    for thread in threads:
        thread.join(5)
    assert unwrapper.unwrap(urls[0]) == FINAL


def slowly(inside: Barrier) -> Answer:
    def answer(connection: socket.socket, _stop: Event) -> None:
        inside.wait(5)
        inside.wait(5)
        connection.sendall(moved(FINAL))

    return answer


def test_a_location_beyond_ascii_is_written_as_a_url(serve: Serve, unwrap: Callable[..., str | None]) -> None:
    receiver = serve(fixed(moved("https://shop.test/日本 x")))
    assert unwrap(f"http://bit.ly:{receiver.port}/abc") == "https://shop.test/%E6%97%A5%E6%9C%AC%20x"
