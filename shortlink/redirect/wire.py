"""Answers as bytes."""

from __future__ import annotations

from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

from shortlink.dialects.link_answers import LinkAnswer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def written(answer: LinkAnswer, extra: str, *, is_head: bool) -> bytes:
    """Write an answer; `extra` are header lines of this answer alone, each with its line's end."""
    head = _head(answer) + extra.encode("latin-1") + b"\r\n"
    return head if is_head or not answer.body else head + answer.body


@lru_cache(maxsize=64)
def _head(answer: LinkAnswer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    if answer.status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {len(answer.body)}")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


@lru_cache(maxsize=16)
def refusal(status: int) -> bytes:
    """Write the answer to what is no proper request: a bare status, and the connection's end."""
    phrase = HTTPStatus(status).phrase
    return f"HTTP/1.1 {status} {phrase}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode("ascii")


def date_line() -> str:
    """Write the header that tells the time."""
    return f"Date: {formatdate(usegmt=True)}\r\n"
