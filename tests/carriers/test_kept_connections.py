"""Which connections to the carrier are used again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from shortlink.carriers.kept_connections import AGE_AT_MOST_SECONDS, IDLE_AT_MOST_SECONDS, KeptConnections
from tests.clock import Clock

Ends = tuple[HTTPConnection, socket.socket]


@pytest.fixture
def kept(clock: Clock) -> KeptConnections:
    return KeptConnections(clock=clock)


@pytest.fixture
def ends() -> Iterator[list[Ends]]:
    made: list[Ends] = []
    for _ in range(2):
        ours, theirs = socket.socketpair()
        connection = HTTPConnection("carrier.test")
        connection.sock = ours
        made.append((connection, theirs))
    yield made
    for connection, theirs in made:
        connection.close()
        theirs.close()


def test_the_connection_that_was_used_last_is_used_first(kept: KeptConnections, ends: list[Ends], clock: Clock) -> None:
    for connection, _ in ends:
        kept.give_back(connection, clock.now)
    assert kept.take() == (ends[1][0], clock.now)
    assert kept.take() == (ends[0][0], clock.now)
    assert kept.take() is None


def test_what_was_idle_for_long_is_closed(kept: KeptConnections, ends: list[Ends], clock: Clock) -> None:
    (first, _), (second, _) = ends
    kept.give_back(first, clock.now)
    clock.now += IDLE_AT_MOST_SECONDS + 0.1
    kept.give_back(second, clock.now)
    assert first.sock is None
    clock.now += IDLE_AT_MOST_SECONDS + 0.1
    assert kept.take() is None
    assert second.sock is None


def test_a_connection_whose_time_is_up_between_two_looks_at_the_clock_is_closed(ends: list[Ends]) -> None:
    seconds = iter((0.0, 1.0, 1.0, 3.0, 3.0, 3.0))
    kept = KeptConnections(clock=lambda: next(seconds, 3.1))
    (first, _), (second, _) = ends
    for connection in (first, second, HTTPConnection("carrier.test")):
        kept.give_back(connection, 0.0)
    assert first.sock is None
    assert kept.take() is None
    assert second.sock is None


def test_an_old_connection_is_given_up_however_busy_it_was(
    kept: KeptConnections, ends: list[Ends], clock: Clock
) -> None:
    opened_at = clock.now - AGE_AT_MOST_SECONDS - 0.1
    kept.give_back(ends[0][0], opened_at)
    assert kept.take() is None


@pytest.mark.parametrize("sign", [b"", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
def test_a_connection_on_which_something_waits_is_not_used(
    kept: KeptConnections, ends: list[Ends], clock: Clock, sign: bytes
) -> None:
    connection, theirs = ends[0]
    kept.give_back(connection, clock.now)
    if sign:
        theirs.sendall(sign)
    else:
        theirs.close()
    assert kept.take() is None
    assert connection.sock is None
