"""Which of our own addresses the internet could reach."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_INNER_NAMES = (".localhost", ".local", ".internal", ".test", ".invalid")


def reachable_from_outside(url: str) -> bool:
    """Say whether a URL could be reached from the internet, as far as the spelling of its host tells."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(_INNER_NAMES)
