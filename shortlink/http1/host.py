"""Tell what names a host, with or without a port (RFC 3986, 3.2.2 and 3.2.3)."""

from __future__ import annotations

import re
from ipaddress import IPv6Address

_PORT = r"(?::[0-9]*+)?"
# Without a comma, which may join two of them. Nearly every request has such a name: the inner loop makes it cheap.
match_name = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+;=-]++|%[0-9A-Fa-f]{2})*+" + _PORT).fullmatch
_LITERAL = re.compile(r"\[(?:([0-9A-Fa-f:.]++)|[Vv][0-9A-Fa-f]++\.[A-Za-z0-9._~!$&'()*+;=:-]++)\]" + _PORT)


def is_host(text: str) -> bool:
    """Say whether this is a name or an address in brackets, as a Host header has it; it may be empty."""
    return match_name(text) is not None or _is_literal(text)


def _is_literal(text: str) -> bool:
    literal = _LITERAL.fullmatch(text)
    return literal is not None and (literal[1] is None or _is_ipv6(literal[1]))


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
