"""The address of the store: read as the Redis client reads it, and refused where that would fail or overlook a part.

What is said of a wrong one holds nothing of it: in an address with a mistake, any piece may be one of the password.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_RULE = (
    "must be redis://user:password@host:port/database, rediss:// likewise for TLS, or unix:///path?db=database, where"
    " user, password, port and database may be left out; in a password / is written %2F, ? %3F, # %23 and % %25"
)


class _Option(NamedTuple):
    """What a value behind the ? may be, and how that is said."""

    fits: Callable[[str], bool]
    wanted: str


def _is_seconds(value: str) -> bool:
    try:
        return 0 < float(value) < 1e6
    except ValueError:
        return False


def _is_name(value: str) -> bool:
    return value.isascii() and bool(value) and value.isprintable() and " " not in value


def _is_whole(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 10


_TEXT = _Option(bool, "a text")
_NAME = _Option(_is_name, "a name in ASCII without blanks")  # which is all that a store takes
_SECONDS = _Option(_is_seconds, "a number of seconds above 0")
_WHOLE = _Option(_is_whole, "a whole number")
_COUNT = _Option(lambda value: _is_whole(value) and int(value) > 0, "a whole number above 0")
_FLAG = _Option(lambda value: value.lower() in ("true", "false", "yes", "no", "1", "0"), "true or false")
_PROTOCOL = _Option(lambda value: value in ("2", "3"), "2 or 3")
_NEED = _Option(lambda value: value in ("none", "optional", "required"), "none, optional or required")

_Options = dict[str, _Option]
_EVERYWHERE: _Options = {
    "db": _WHOLE,
    "username": _TEXT,
    "password": _TEXT,
    "client_name": _NAME,
    "socket_timeout": _SECONDS,
    "socket_connect_timeout": _SECONDS,
    "health_check_interval": _WHOLE,
    "max_connections": _COUNT,
    "retry_on_timeout": _FLAG,
    "protocol": _PROTOCOL,
}
_BY_NETWORK: _Options = _EVERYWHERE | {"socket_keepalive": _FLAG}
_BY_TLS: _Options = _BY_NETWORK | {
    "ssl_keyfile": _TEXT,
    "ssl_certfile": _TEXT,
    "ssl_password": _TEXT,
    "ssl_ca_certs": _TEXT,
    "ssl_ca_path": _TEXT,
    "ssl_cert_reqs": _NEED,
    "ssl_check_hostname": _FLAG,
}
_OPTIONS = {"redis": _BY_NETWORK, "rediss": _BY_TLS, "unix": _EVERYWHERE}


def redis_url(value: str) -> str:
    """Read where a Valkey or Redis is. Raises ValueError, whose text holds nothing of the address."""
    parts = _split(value)
    if parts is None or not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(_RULE)
    _check_options(parts)
    return value


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        return parts if value.isprintable() and "#" not in value and _is_place(parts) else None
    except ValueError:  # its text quotes what it stumbled over
        return None


def _is_place(parts: SplitResult) -> bool:
    if parts.scheme == "unix":
        return parts.path.startswith("/") and parts.hostname is None
    database = unquote(parts.path).removeprefix("/")
    has_host = bool(parts.hostname) or not parts.netloc
    return has_host and parts.port != 0 and (not database or _is_whole(database))


def _check_options(parts: SplitResult) -> None:
    known, given = _OPTIONS[parts.scheme], parse_qsl(parts.query, keep_blank_values=True)
    for name, value in given:
        if name not in known:
            raise ValueError(f"has an option behind its ? that is none; there are {', '.join(known)}. It {_RULE}")
        if not known[name].fits(value):
            raise ValueError(f"has a wrong value for the option {name}: it takes {known[name].wanted}")
    names = {name for name, _ in given}
    if "ssl_keyfile" in names and "ssl_certfile" not in names:  # the client would fail at each connection
        raise ValueError("has the option ssl_keyfile, but not ssl_certfile, whose key that is")
