"""The address of the store: read as the Redis client reads it, and refused where that would fail or overlook a part.

What is said of a wrong one holds nothing of it: in an address with a mistake, any piece may be one of the password.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_RULE = (
    "must be redis://user:password@host:port/database, rediss:// likewise for TLS, or unix:///path?db=database, where"
    " user, password, port and database may be left out; in a password / is written %2F, ? %3F, # %23 and % %25"
)


def _is_text(value: str) -> bool:
    return bool(value)


def _is_seconds(value: str) -> bool:
    try:
        return 0 < float(value) < 1e6
    except ValueError:
        return False


def _is_whole(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) < 10


def _is_flag(value: str) -> bool:
    return value.lower() in ("true", "false", "yes", "no", "1", "0")


_Options = dict[str, Callable[[str], bool]]
_EVERYWHERE: _Options = {
    "db": _is_whole,
    "username": _is_text,
    "password": _is_text,
    "client_name": _is_text,
    "socket_timeout": _is_seconds,
    "socket_connect_timeout": _is_seconds,
    "health_check_interval": _is_whole,
    "max_connections": lambda value: _is_whole(value) and int(value) > 0,
    "retry_on_timeout": _is_flag,
    "protocol": lambda value: value in ("2", "3"),
}
_BY_NETWORK: _Options = _EVERYWHERE | {"socket_keepalive": _is_flag}
_BY_TLS: _Options = _BY_NETWORK | {
    "ssl_keyfile": _is_text,
    "ssl_certfile": _is_text,
    "ssl_password": _is_text,
    "ssl_ca_certs": _is_text,
    "ssl_ca_path": _is_text,
    "ssl_cert_reqs": lambda value: value in ("none", "optional", "required"),
    "ssl_check_hostname": _is_flag,
}
_OPTIONS = {"redis": _BY_NETWORK, "rediss": _BY_TLS, "unix": _EVERYWHERE}


def redis_url(value: str) -> str:
    """Read where a Valkey or Redis is."""
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
    known = _OPTIONS[parts.scheme]
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in known:
            raise ValueError(f"has an option behind its ? that is none; there are {', '.join(known)}. It {_RULE}")
        if not known[name](value):
            raise ValueError(f"has a wrong value for the option {name}")
