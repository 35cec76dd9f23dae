"""The few small files that pages are made of: styles, scripts, pictures."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Response, request

STATIC = Path(__file__).with_name("static")
FOR_EVER = 365 * 24 * 3600
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}
_SINCE = "HTTP_IF_MODIFIED_SINCE"


def answer_file(name: str) -> Response | None:
    """Answer a request for a file; asked for by the fingerprint of its content, a browser may keep it for ever."""
    content = _content(name)
    if content is None:
        return None
    answer = Response(content, content_type=f"{KINDS[Path(name).suffix]}; charset=utf-8")
    answer.cache_control.public = True
    answer.cache_control.max_age = FOR_EVER if request.args.get("v") == fingerprint(name) else 0
    answer.add_etag()
    # Our files have no date that If-Modified-Since could be held against, and one beyond reckoning would raise.
    answer.make_conditional({name: given for name, given in request.environ.items() if name != _SINCE})
    return answer


@lru_cache(maxsize=32)
def fingerprint(name: str) -> str:
    """Name the content of a file."""
    return hashlib.sha256(_content(name) or b"").hexdigest()[:12]


@lru_cache(maxsize=32)
def _content(name: str) -> bytes | None:
    is_ours = name in {path.name for path in STATIC.iterdir()} and Path(name).suffix in KINDS
    return (STATIC / name).read_bytes() if is_ours else None
