"""What an installation takes for its own."""

from __future__ import annotations

import pytest

from shortlink.bootstrap.own_hosts import own_hosts
from shortlink.domain.url_finder import find_link

LOCAL = {"link_url": "http://127.0.0.1:8001", "api_url": "http://localhost:8000"}
PUBLIC = {"link_url": "https://X.example.com", "api_url": "https://sms.example.com"}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "[::1]"])
@pytest.mark.parametrize("port", [8000, 8001])
def test_every_name_of_this_machine_is_ours_on_our_ports(host: str, port: int) -> None:
    assert find_link(f"see http://{host}:{port}/7gbpv6YAK", own_hosts=own_hosts(**LOCAL)) is None


@pytest.mark.parametrize("address", ["http://localhost:8002/x", "http://127.0.0.1/x", "http://10.0.0.1:8001/x"])
def test_other_servers_of_this_machine_and_network_are_not_ours(address: str) -> None:
    assert find_link(address, own_hosts=own_hosts(**LOCAL)) is not None


@pytest.mark.parametrize("address", ["https://x.example.com/7gbpv6YAK", "https://sms.example.com/7gbpv6YAK"])
def test_the_host_of_the_links_and_that_of_the_api_are_ours(address: str) -> None:
    assert find_link(address, own_hosts=own_hosts(**PUBLIC)) is None


def test_a_public_installation_owns_no_name_of_this_machine() -> None:
    assert own_hosts(**PUBLIC) == {"x.example.com", "sms.example.com"}


def test_a_domain_that_the_links_had_before_is_a_host_like_any_other() -> None:
    """docs/operations.md says so, and what to do about it: no setting knows of such a domain."""
    assert find_link("https://old.example.com/7gbpv6YAK", own_hosts=own_hosts(**PUBLIC)) is not None


def test_an_api_below_a_path_leaves_the_rest_of_its_host_alone() -> None:
    ours = own_hosts(link_url="https://x.example.com", api_url="https://shop.example.com/sms-api")
    assert find_link("https://shop.example.com/sale", own_hosts=ours) is not None


def test_loopback_in_the_other_notation_is_known() -> None:
    assert "127.0.0.1:8001" in own_hosts(link_url="http://[::1]:8001", api_url=PUBLIC["api_url"])
