"""The answers of the door as bytes."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from shortlink.dialects.link_answers import LinkAnswer
from shortlink.http1 import wire
from shortlink.http1.exchange import Exchange


def reply(exchange: Exchange, answer: LinkAnswer, own_id: str, more: str = "") -> None:
    """Answer a request that has this id, with these header lines more."""
    head = f"X-Request-Id: {own_id}\r\n{more}"
    exchange.reply(_head_of(answer) + head.encode("latin-1"), answer.body)


@lru_cache(maxsize=64)
def _head_of(answer: LinkAnswer) -> bytes:
    """Write the head of an answer, but for what changes from request to request and the empty line at its end."""
    headers = list(answer.headers)
    if answer.status != HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(answer.body))))
    return wire.head_of(answer.status, headers)
