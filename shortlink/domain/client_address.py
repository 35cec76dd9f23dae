"""Who asks: an address out of what a socket and the proxies in front say, and the customer behind it."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

UNKNOWN = ""  # the address of everybody whose own cannot be read
_LONGEST = 64  # characters of an address, its port and its zone
_WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


def client_address(forwarded: str | None, *, peer: str, hops: int) -> str:
    """Name the client: as the first of the trusted proxies saw it, or who is connected.

    `forwarded` is the whole X-Forwarded-For, `hops` the number of proxies that are trusted: theirs are the last
    entries, and nothing further left is believed. Without the header nobody stands between, and the peer asks.
    An entry that is no address, or too few of them, makes the client UNKNOWN. It does not make it the peer, because
    what the proxy's own address may read would be open to strangers; and not what stands there, because every spelling
    would be a new client, with tries of its own.
    """
    if not hops or forwarded is None:
        return peer
    entries = forwarded.split(",")
    return _named(entries[-hops].strip()) if len(entries) >= hops else UNKNOWN


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address as sockets and proxies write it; None where there is none.

    A port, brackets and a zone are dropped, and an IPv4 address that is written as an IPv6 one is unwrapped.
    """
    written = _WITH_PORT.fullmatch(text) if len(text) <= _LONGEST else None
    try:
        address = ip_address((written[1] or written[2]) if written else text)
    except ValueError:
        return None
    if address.version == 4:
        return address
    return address.ipv4_mapped or IPv6Address(int(address))  # a zone names an interface of one machine


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Say whose an address is: an IPv6 customer has a whole /64. All that cannot be read are one: UNKNOWN."""
    read = read_address(address)
    if read is None:
        return UNKNOWN
    return str(read) if read.version == 4 else str(ip_network((read, 64), strict=False))


def _named(entry: str) -> str:
    """Write an entry as every door does."""
    return _spelt(entry) if len(entry) <= _LONGEST else UNKNOWN  # a longer one would fill the memory below


@lru_cache(maxsize=4096)
def _spelt(entry: str) -> str:
    read = read_address(entry)
    return UNKNOWN if read is None else str(read)
