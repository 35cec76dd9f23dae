"""The answers of the door as bytes."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus

from shortlink.dialects.link_answers import LinkAnswer
from shortlink.http1 import wire


@lru_cache(maxsize=64)
def head_of(answer: LinkAnswer) -> bytes:
    """Write the head of an answer, but for what changes from request to request and the empty line at its end."""
    headers = list(answer.headers)
    if answer.status != HTTPStatus.NO_CONTENT:
        headers.append(("Content-Length", str(len(answer.body))))
    return wire.head_of(answer.status, headers)
