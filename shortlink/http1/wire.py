"""Answers as bytes."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

HeaderList = list[tuple[str, str]]
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


def head_of(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    """Write the head of an answer, but for the empty line at its end."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers])
    return _status_line(status) + lines.encode("latin-1")


def status_of(head: bytes) -> int:
    """Read the status out of a head that `head_of` wrote."""
    return int(head[9:12])


def chunk(piece: bytes) -> bytes:
    """Write a piece of an answer whose length is not known yet."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


@lru_cache(maxsize=16)
def refusal(status: int) -> bytes:
    """Write the answer to what is no proper request: a bare status, and the connection's end."""
    return _status_line(status) + b"Content-Length: 0\r\nConnection: close\r\n\r\n"


def end_of_head() -> bytes:
    """Write the end of an answer's head: the time, and the empty line."""
    return f"Date: {formatdate(usegmt=True)}\r\n\r\n".encode("ascii")


@lru_cache(maxsize=128)
def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:  # no status of the standard; the phrase may be left out, the blank before it may not
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


NOTHING_TO_TELL = head_of(200, [("Content-Length", "0")])
