"""Name the hosts that are an installation's own: links to them are never shortened."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def own_hosts(*, link_url: str, api_url: str) -> frozenset[str]:
    """Name the hosts that are this installation's own, each as `host` (on any port) or `host:port`.

    An API below a path shares its host with other pages, which may be shortened. A loopback address has three names.
    """
    ours = [urlsplit(link_url)] + [parts for parts in [urlsplit(api_url)] if not parts.path]
    return frozenset(name for parts in ours for name in _names(parts))


def _names(parts: SplitResult) -> set[str]:
    if not _is_loopback(parts.hostname or ""):
        return {parts.netloc.lower()}
    port = f":{parts.port}" if parts.port else ""
    return {parts.netloc.lower(), *(f"{name}{port}" for name in _LOOPBACK)}


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
