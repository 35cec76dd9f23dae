"""A callback URL as a customer writes it: what is taken and what is refused, without asking the network.

This is the check at the door. It cannot know where a name leads; `shortlink.callbacks.safe_post` checks every
address again at the moment of the call.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

import idna

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

INVALID = "Enter a valid URL."
PRIVATE = "Private addresses are refused."
PORT = "Use port 80, 443 or one from 1024 on."
MAX_LENGTH = 2000
_MAX_NAME = 253  # the longest name that DNS can carry
_MAX_PORT = 65535

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_URL = re.compile(
    r"(?P<before>https?://)"
    r"(?:\[(?P<v6>[0-9a-f:.]+)\]|(?P<name>[^][:@/?#%]+))"
    r"(?::(?P<port>[0-9]{0,5}))?(?P<after>(?:[/?#].*)?)",
    re.IGNORECASE,
)
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE)
_NUMERIC_END = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)
_LOOPBACKS = (IPv4Address("127.0.0.1"), IPv6Address("::1"))

# Only 2000::/3 is handed out for hosts, so every wrapper and every local range of IPv6 lies outside it.
_IPV6_HOSTS = IPv6Network("2000::/3")
_SPECIAL: tuple[Network, ...] = tuple(
    ip_network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's host agent: a public address that answers only from inside
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)


def parse_callback_url(text: str, *, allowed_networks: Sequence[Network] = ()) -> str:
    """Check a callback URL and return the form that is stored and called.

    A URL without a scheme gets `http://`. An international host is turned into its ASCII form (IDNA 2008), so
    that the host that was checked is the host that is called. A percent sign that escapes nothing is escaped itself:
    one alone would make the client escape all others a second time. A colon without a port goes. All else stays as it
    was given. Addresses must be in the usual spelling: `127.1`, `0x7f000001` and `017700000001` are refused,
    full-width digits are read as digits. Private addresses, `localhost` and names without a dot need an allowed
    network. So do low ports other than 80 and 443: an address has to lie in one; where a name leads is seen at the
    call.
    Raises ValueError whose text is fit for the customer: INVALID, PRIVATE or PORT.
    """
    return _parse(text, tuple(allowed_networks))


@lru_cache(maxsize=1024)  # a customer has a few, and gives one of them with every message
def _parse(text: str, allowed_networks: tuple[Network, ...]) -> str:
    url = text if _SCHEME.match(text) else f"http://{text}"
    found = _URL.fullmatch(url) if len(url) <= MAX_LENGTH and _is_clean(url) else None
    port = int(found["port"] or 80) if found else 0
    if found is None or not 0 < port <= _MAX_PORT:
        raise ValueError(INVALID)
    if not allowed_networks and not may_be_called(port):
        raise ValueError(PORT)
    host = found["name"] or found["v6"]
    if found["v6"]:
        address: Address | None = _ipv6(found["v6"])
        host = f"[{host}]"
    else:
        host = _ascii_name(host)
        address = _check_name(host, allowed_networks)
    if address is not None:
        _check_address(address, port, allowed_networks)
    named = f":{found['port']}" if found["port"] else ""
    return f"{found['before']}{host}{named}{_STRAY_PERCENT.sub('%25', found['after'])}"


def may_be_called(port: int) -> bool:
    """Whether a port is one that web servers use; below 1024 all others belong to something else, such as mail."""
    return port in (80, 443) or port >= 1024


def is_public(address: Address) -> bool:
    """Whether an address as a customer writes it belongs to the open internet."""
    if address.version == 6 and address not in _IPV6_HOSTS:
        return False
    return not any(address in block for block in _SPECIAL)


def _is_clean(url: str) -> bool:
    """Whether there is no space, control, invisible or half character, nor a backslash, which clients read as `/`."""
    return url.isprintable() and " " not in url and "\\" not in url


def _ipv6(text: str) -> IPv6Address:
    try:
        return IPv6Address(text)
    except ValueError:
        raise ValueError(INVALID) from None


def _ascii_name(name: str) -> str:
    if len(name) > _MAX_NAME:
        raise ValueError(INVALID)
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except UnicodeError:
        raise ValueError(INVALID) from None


def _check_name(name: str, allowed_networks: Sequence[Network]) -> Address | None:
    """Refuse a host that is no name, is an address in disguise or can only mean something inside.

    Returns the address that it is in the usual spelling, if it is one.
    """
    if len(name) > _MAX_NAME or not _NAME.fullmatch(name):
        raise ValueError(INVALID)
    if _NUMERIC_END.fullmatch(name):  # no top-level domain looks like a number: this is an address or a trick
        try:
            return IPv4Address(name)
        except ValueError:
            raise ValueError(INVALID) from None
    labels = name.lower().rstrip(".").split(".")
    if labels[-1] == "localhost":
        if not any(loopback in network for loopback in _LOOPBACKS for network in allowed_networks):
            raise ValueError(PRIVATE)
    elif len(labels) == 1 and not allowed_networks:
        raise ValueError(INVALID)
    return None


def _check_address(address: Address, port: int, allowed_networks: Sequence[Network]) -> None:
    if any(address in network for network in allowed_networks):
        return
    if not is_public(address):
        raise ValueError(PRIVATE)
    if not may_be_called(port):
        raise ValueError(PORT)
