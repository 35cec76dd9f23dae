"""Ports: free, taken, and picked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from shortlink.cli.addresses import Addresses, find_addresses
from shortlink.supervisor.probe import PortUnusable


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def _ports(port: int = 0, link_port: int = 0, simulator_port: int = 0) -> dict[str, int]:
    return {"--port": port, "--link-port": link_port, "--simulator-port": simulator_port}


def test_0_picks_three_different_free_ports() -> None:
    found = find_addresses("127.0.0.1", _ports())
    assert len({found.port, found.link_port, found.simulator_port} - {0}) == 3


def test_a_taken_port_names_the_option_to_change(taken: socket.socket) -> None:
    number = taken.getsockname()[1]
    with pytest.raises(PortUnusable, match=rf"port {number} .* in use; choose another one with --link-port"):
        find_addresses("127.0.0.1", _ports(link_port=number))


def test_one_port_for_two_doors_is_refused() -> None:
    free = find_addresses("127.0.0.1", _ports()).port
    with pytest.raises(PortUnusable, match="choose another one with --simulator-port"):
        find_addresses("127.0.0.1", _ports(port=free, simulator_port=free))


def test_a_port_that_a_killed_run_still_holds_is_waited_for(taken: socket.socket) -> None:
    number = taken.getsockname()[1]
    threading.Timer(0.2, taken.close).start()
    assert find_addresses("127.0.0.1", _ports(port=number), patience_seconds=20).port == number


def test_a_host_that_is_not_ours_is_refused_without_waiting() -> None:
    with pytest.raises(PortUnusable, match="--port: "):
        find_addresses("192.0.2.1", _ports(), patience_seconds=600)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("sms.example.com", "http://sms.example.com:8000"),
    ],
)
def test_urls_are_those_that_this_machine_can_follow(host: str, url: str) -> None:
    assert Addresses(host=host, port=8000, link_port=8001, simulator_port=8002).api_url == url
