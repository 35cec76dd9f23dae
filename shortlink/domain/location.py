"""A target as the Location header of a redirect: ASCII only, and nothing in it that ends the header."""

from __future__ import annotations

import re
from urllib.parse import quote

from shortlink.domain.hostname import to_ascii

_PLAIN = re.compile(r"[A-Za-z0-9%/?#\[\]@!$&'()*+,;=:._~-]+")
_PARTS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<host>[^/?#:]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_KEPT = "%/?#[]@!$&'()*+,;=:"


def location_of(target: str) -> str:
    """Write an absolute URL so that it can stand in a header.

    An international host gets its `xn--` form; every character that RFC 3986 does not allow in a URL is
    percent-encoded as UTF-8. What is allowed stays byte for byte, percent-escapes included, so that signed and
    double-encoded targets survive.
    """
    if _PLAIN.fullmatch(target):
        return target
    parts = _PARTS.fullmatch(target)
    if parts is None:
        return quote(target, safe=_KEPT)
    return parts["scheme"] + _host(parts["host"]) + quote(parts["rest"], safe=_KEPT)


def _host(written: str) -> str:
    name = written.removesuffix(".")  # the dot of the root, which a name may end in
    ascii_name = None if name.isascii() else to_ascii(name)
    return ascii_name + written[len(name) :] if ascii_name else quote(written, safe="%")
