"""Who asks, behind how many proxies, and who is the same customer."""

from __future__ import annotations

import pytest

from shortlink.domain.client_address import UNKNOWN, client_address, network_of, read_address

PEER = "10.9.9.9"
UNREADABLE = (
    "",
    '"',
    '"192.0.2.1',
    "unknown",
    "unix:",
    "192.0.2",
    "192.0.2.1:",
    "192.0.2.1:x",
    "[2001:db8::1",
    "x" * 99,
)


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        ("192.0.2.1", 0, PEER),
        (None, 1, PEER),
        ("", 1, UNKNOWN),
        ("192.0.2.1", 1, "192.0.2.1"),
        ("1.1.1.1,192.0.2.1", 1, "192.0.2.1"),
        ("1.1.1.1, 192.0.2.1 ,\t10.1.1.1", 2, "192.0.2.1"),
        ("192.0.2.1", 2, UNKNOWN),
    ],
)
def test_the_entry_of_the_first_trusted_proxy_counts(forwarded: str | None, hops: int, address: str) -> None:
    assert client_address(forwarded, peer=PEER, hops=hops) == address


def test_nothing_left_of_the_trusted_entries_is_believed_whatever_it_does_to_the_list() -> None:
    for forged in ('"', '"a', 'a"b"', "\\", '"1.1.1.1, 2.2.2.2"', "", ", ,"):
        assert client_address(f"{forged}, 192.0.2.1", peer=PEER, hops=1) == "192.0.2.1"
    assert client_address("1.1.1.1, , 192.0.2.1", peer=PEER, hops=2) == UNKNOWN, "an empty entry is one, too"


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("198.51.100.5:1234", "198.51.100.5"),
        ("[2001:db8::1]:1234", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("2001:db8::1:1234", "2001:db8::1:1234"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25]:80", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
    ],
)
def test_ports_brackets_and_zones_make_no_other_client(entry: str, address: str) -> None:
    assert client_address(entry, peer=PEER, hops=1) == address
    assert network_of(entry) == network_of(address)


@pytest.mark.parametrize("entry", UNREADABLE)
def test_what_is_no_address_is_neither_the_peer_nor_a_client_of_its_own(entry: str) -> None:
    assert client_address(f"1.1.1.1,{entry}", peer=PEER, hops=1) == UNKNOWN
    assert read_address(entry) is None
    assert network_of(entry) == network_of(UNKNOWN)


def test_an_ipv6_customer_is_one_and_each_ipv4_address_is() -> None:
    assert network_of("2001:db8:1:1::1") == network_of("2001:db8:1:1:ffff::9") != network_of("2001:db8:1:2::1")
    assert network_of("192.0.2.1") != network_of("192.0.2.2")


def test_an_ipv4_address_written_as_ipv6_is_that_address() -> None:
    assert network_of("::ffff:192.0.2.1") == network_of("::ffff:c000:201") == network_of("192.0.2.1")
    assert network_of("::ffff:192.0.2.1") != network_of("::ffff:192.0.2.2")
