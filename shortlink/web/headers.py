"""What every answer carries: a request id and the headers that keep browsers from guessing, caching and framing."""

from __future__ import annotations

import random
import re

from flask import Flask, Response, request

from shortlink.web.context import request_id, set_request_id

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


def register_headers(app: Flask) -> None:
    """Make an app name each request and add the headers that its views did not set themselves."""
    app.before_request(_name_request)
    app.after_request(_complete)


def _name_request() -> None:
    set_request_id(name_request(request.headers.get("X-Request-Id", "")))


def name_request(given: str) -> str:
    """Take over the id that a request came with, if it is one, or draw one that others may guess."""
    return given if given and _REQUEST_ID.fullmatch(given) else f"{random.getrandbits(64):016x}"


def _complete(response: Response) -> Response:
    headers = response.headers
    present = {name.lower() for name, _ in headers}
    for name, value in ALWAYS.items():
        if name.lower() not in present:
            headers.add(name, value)
    headers.add("X-Request-Id", request_id())
    if request.method == "OPTIONS" and response.mimetype == "text/html" and not response.content_length:
        headers.pop("Content-Type", None)  # Flask's own answer is empty, but calls itself HTML
    return response
