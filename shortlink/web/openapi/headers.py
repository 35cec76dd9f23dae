"""The headers of answers."""

from __future__ import annotations

from shortlink.web.openapi.words import Json


def _text(description: str, example: str, *, always: bool = True) -> Json:
    written: Json = {"description": description, "schema": {"type": "string"}, "example": example}
    return written | {"required": True} if always else written


def _seconds(description: str) -> Json:
    return {
        "description": description,
        "required": True,
        "schema": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "example": "5",
    }


HEADERS: Json = {
    "X-Request-Id": _text(
        "Names this request in our logs: yours, if you sent 1 to 64 letters, digits, `.`, `_` and `-`.",
        "9f86d081884c7d65",
    ),
    "WWW-Authenticate": _text("Asks for HTTP Basic.", 'Basic realm="api", charset="UTF-8"'),
    "Allow": _text("The methods that this address takes.", "GET, HEAD, OPTIONS, POST"),
    "Retry-After": _seconds("Seconds to wait before the next try."),
    "RateLimit-Policy": _text(
        "`q` calls in `w` seconds; absent where nothing is limited.", '"send";q=100;w=10', always=False
    ),
    "RateLimit": _text(
        "`r` calls are left now, another one comes within `t` seconds; absent where nothing is limited.",
        '"send";r=99;t=1',
        always=False,
    ),
    "Idempotent-Replayed": {
        "description": "Present when this Idempotency-Key had been used before: nothing was sent a second time.",
        "schema": {"type": "string", "const": "true"},
        "example": "true",
    },
    "X-Truncated": {
        "description": "Present when there were more messages than one answer holds.",
        "schema": {"type": "string", "const": "true"},
        "example": "true",
    },
    "X-Unreadable": {
        "description": "How many messages are left out because their records are damaged; absent when none is.",
        "schema": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "example": "1",
    },
    "X-Log-Complete": {
        "description": "`true` once the day is over and nothing will be added.",
        "schema": {"type": "string", "enum": ["true", "false"]},
        "example": "true",
    },
    "Vary": _text("What the answer hangs on.", "Accept-Encoding", always=False),
    "Content-Encoding": _text("`gzip` where the client accepts it.", "gzip", always=False),
    "Location": _text("The target of the link.", "https://example.com/sale?id=7"),
    "Referrer-Policy": _text("The short link is nobody else's business.", "no-referrer", always=False),
}
