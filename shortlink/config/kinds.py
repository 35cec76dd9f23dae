"""The kinds of values: each reads the text of a variable, or says in a ValueError what it should be."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from shortlink.domain.target import parse_hosts

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]+[a-z0-9](?:/[A-Za-z0-9][A-Za-z0-9._=-]*)*")


def text(value: str) -> str:
    """Read any text but none."""
    if not value:
        raise ValueError("may not be empty; unset it to get the default")
    return value


def url(value: str) -> str:
    """Read an absolute web address; a slash at its end goes."""
    plain = value.isascii() and value.isprintable() and not set(value) & set(' "<>\\^`{|}')
    try:
        parts = urlsplit(value)
        extras = parts.query or parts.fragment or parts.username is not None
        possible = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not extras
    except ValueError:  # brackets that hold no address, a port that is none
        possible = False
    if not plain or not possible:
        raise ValueError("must be an absolute http or https URL without user or query, such as https://sms.example.com")
    return value.rstrip("/")


def identifier(prefix: str) -> Callable[[str], str]:
    """Make the kind that reads one of Twilio's identifiers, which begin with this prefix."""

    def parse(value: str) -> str:
        if not value.startswith(prefix) or not value.isascii() or not value.isalnum():
            raise ValueError(f"must start with {prefix} and go on in letters and digits, as Twilio's console shows it")
        return value

    return parse


def countries(value: str) -> frozenset[str]:
    """Read country codes."""
    codes = frozenset(part.strip().upper() for part in value.split(",") if part.strip())
    if not all(len(code) == 2 and code.isascii() and code.isalpha() for code in codes):
        raise ValueError("must be comma-separated two-letter country codes such as JP,US")
    return codes


def positive(value: str) -> float:
    """Read a number above 0."""
    read = _read_number(value)
    if not read:
        raise ValueError("must be a number above 0")
    return read


def folder(value: str) -> Path:
    """Read the path of a folder, which need not be there yet."""
    path = _whole_path(value)
    if path.exists() and not path.is_dir():
        raise ValueError("must be a folder, or a path where one can be made")
    return path


def host_file(value: str) -> Path:
    """Read the path of a file of hosts, which has to be there and readable."""
    path = _whole_path(value)
    try:
        parse_hosts(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"names a file that cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ValueError("names a file that is not UTF-8 text") from None
    return path


def _whole_path(value: str) -> Path:
    path = Path(text(value))
    if not path.is_absolute():
        raise ValueError("must be a whole path, from / on: processes may run in different folders")
    return path


def bucket_url(value: str) -> str:
    """Read where in S3-compatible storage files go; a slash at its end goes."""
    if not _BUCKET.fullmatch(value.rstrip("/")):
        raise ValueError("must be s3:// with a bucket and, if wanted, a path in it, such as s3://archive/shortlink")
    return value.rstrip("/")


def whole(least: int, most: int) -> Callable[[str], int]:
    """Make the kind that reads a whole number, both ends included."""

    def parse(value: str) -> int:
        if not (value.isascii() and value.strip().isdecimal()) or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(value)

    return parse


def number(value: str) -> float:
    """Read a number, 0 or more."""
    if (read := _read_number(value)) is None:
        raise ValueError("must be a number, 0 or more")
    return read


def _read_number(value: str) -> float | None:
    try:
        read = float(value)
    except ValueError:
        return None
    return read if 0 <= read < 1e9 else None


def flag(value: str) -> bool:
    """Read a yes or no."""
    if value.lower() not in ("true", "false", "1", "0"):
        raise ValueError("must be true or false")
    return value.lower() in ("true", "1")


def one_of(*words: str) -> Callable[[str], str]:
    """Make the kind that reads one of some words."""

    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    return parse


def waits(count: int | None = None) -> Callable[[str], tuple[float, ...]]:
    """Make the kind that reads waits in seconds, of which there may have to be so many."""

    def parse(value: str) -> tuple[float, ...]:
        parts = value.split(",")
        read = tuple(wait for part in parts if (wait := _read_number(part)) is not None)
        if len(read) != len(parts) or count not in (None, len(read)):
            many = f"exactly {count} " if count else ""
            raise ValueError(f"must be {many}comma-separated waits in seconds, each 0 or more, such as 0,5,300")
        return read

    return parse


def networks(value: str) -> tuple[Network, ...]:
    """Read ranges of IP addresses."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"must be comma-separated CIDR ranges such as 10.1.0.0/16 ({error})") from None


def secret(value: str) -> str:
    """Read a text that is long enough to keep a secret with."""
    if len(value) < 32:
        raise ValueError("must have at least 32 characters; `openssl rand -hex 32` makes one")
    return value
