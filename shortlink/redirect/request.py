"""Read the head of a request, strictly: what could be read in two ways is refused (RFC 9112)."""

from __future__ import annotations

import re
from urllib.parse import unquote

TARGET_BYTES = 8192
BODY_BYTES = 65_536  # nobody needs a body here; one that comes is skipped, up to this
_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}+) ([!-~]++) HTTP/1\.([01])\r\n")
_OTHER_VERSION = re.compile(rb"[A-Z]+ [!-~]+ HTTP/[0-9](?:\.[0-9])?\r\n")
_FIELDS = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n)*+")
_WANTED = re.compile(
    rb"\n(host|user-agent|connection|content-length|transfer-encoding|expect|accept-language"
    rb"|sec-purpose|purpose|x-purpose|x-moz|x-request-id|x-forwarded-for|traceparent|tracestate):([^\r]*)",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)


class BadRequest(Exception):
    """A request that is refused and ends its connection; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Request:
    """One request as far as it matters here; header names are in lower case, repeated ones joined by commas."""

    __slots__ = ("body_bytes", "expects_continue", "headers", "is_old", "keeps_alive", "method", "path")

    def __init__(self, method: str, path: str, headers: dict[str, str], *, is_old: bool) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.is_old = is_old  # HTTP/1.0
        self.body_bytes = 0
        self.expects_continue = False
        self.keeps_alive = not is_old

    @property
    def language(self) -> str:
        """What the browser's Accept-Language says."""
        return self.headers.get("accept-language", "")


def parse(head: bytes) -> Request:
    """Read a head, from the first letter to the empty line. Raises BadRequest."""
    line = _LINE.match(head)
    if line is None:
        raise BadRequest(505 if _OTHER_VERSION.match(head) else 400)
    start = line.end()
    if _FIELDS.fullmatch(head, start, len(head) - 2) is None:
        raise BadRequest(400)
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in _WANTED.findall(head, start - 1):
        name, value = name_bytes.decode("ascii").lower(), value_bytes.strip(b" \t").decode("latin-1")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    request = Request(line[1].decode("ascii"), _path(line[2]), headers, is_old=line[3] == b"0")
    _check_host(request)
    if "connection" in headers:
        _read_connection(request)
    if "content-length" in headers or "transfer-encoding" in headers or "expect" in headers:
        _read_body_headers(request)
    return request


def _path(target: bytes) -> str:
    """Take the path out of a target of any form; an empty one where the target names no path."""
    if len(target) > TARGET_BYTES:
        raise BadRequest(414)
    path, _, _ = target.decode("ascii").partition("?")
    if not path.startswith("/"):
        absolute = _ABSOLUTE.match(path)
        path = path[absolute.end() :] if absolute else ""
    return unquote(path) if "%" in path else path


def _check_host(request: Request) -> None:
    host = request.headers.get("host")
    if (host is None and not request.is_old) or (host is not None and ("," in host or " " in host)):
        raise BadRequest(400)


def _read_connection(request: Request) -> None:
    words = [word.strip(" \t") for word in request.headers["connection"].lower().split(",")]
    if "close" in words:
        request.keeps_alive = False
    elif request.is_old and "keep-alive" in words:
        request.keeps_alive = True


def _read_body_headers(request: Request) -> None:
    """See how long a body is. A second opinion about its length is how requests are smuggled, so there may be none."""
    headers = request.headers
    if "transfer-encoding" in headers:
        raise BadRequest(400 if "content-length" in headers or request.is_old else 501)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise BadRequest(400)
    if len(length) > 9 or int(length) > BODY_BYTES:
        raise BadRequest(413)
    request.body_bytes = int(length)
    if "expect" in headers:
        if headers["expect"].lower() != "100-continue":
            raise BadRequest(417)
        request.expects_continue = not request.is_old and request.body_bytes > 0
