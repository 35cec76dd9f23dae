"""Read the head of a request, strictly: what could be read in two ways is refused (RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from shortlink.http1.host import is_host, match_name

TARGET_BYTES = 8192
MOST_FIELDS = 100
_LINE = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}+) ([!-~]++) HTTP/1\.([01])\r\n")
_HEAD = re.compile(_LINE.pattern + rf"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n){{0,{MOST_FIELDS}}}+\r\n")
_OTHER_LINE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]++ [!-~]++ HTTP/([0-9](?:\.[0-9])?)\r\n")
ALL_FIELDS = re.compile(r"\n([^:\r]+):([^\r]*)")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)


class BadRequest(Exception):
    """A request that is refused and ends its connection; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Request:
    """One request; header names are in lower case, repeated ones joined, values read as latin-1.

    `is_cut` says that the body goes on beyond what was read of it, or ended before its announced length; `repeated`
    names the headers that came more than once.
    """

    __slots__ = (
        "body",
        "body_bytes",
        "expects_continue",
        "headers",
        "is_chunked",
        "is_cut",
        "is_old",
        "keeps_alive",
        "method",
        "path",
        "repeated",
        "target",
    )

    def __init__(self, method: str, target: str, headers: dict[str, str], *, is_old: bool) -> None:
        self.method = method
        self.target = target  # as it came
        self.path = path_of(target)  # decoded; empty where the target names none
        self.headers = headers
        self.repeated: Sequence[str] = ()
        self.is_old = is_old  # HTTP/1.0
        self.body = b""
        self.body_bytes = 0  # as announced
        self.is_chunked = False
        self.is_cut = False
        self.expects_continue = False
        self.keeps_alive = not is_old

    @property
    def has_body(self) -> bool:
        """Whether a body comes behind the head."""
        return self.is_chunked or self.body_bytes > 0

    @property
    def is_for_server(self) -> bool:
        """Whether it asks for the options of the server as a whole, which is a ping (RFC 9110, 9.3.7)."""
        return self.target == "*" and self.method == "OPTIONS"

    @property
    def language(self) -> str:
        """What the browser's Accept-Language says."""
        return self.headers.get("accept-language", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What a door takes of requests.

    `fields` finds the headers it reads, as pairs of name and value. `body_bytes` says how long a body may be. A door
    that judges bodies is given the beginning of one that is longer, and as much as came of one whose client fell
    silent; for another they are refused.
    """

    fields: re.Pattern[str] = ALL_FIELDS
    body_bytes: Callable[[Request], int]
    judges_bodies: bool = False
    takes_chunks: bool = False


def parse(head: bytes, intake: Intake) -> Request:
    """Read a head, from the first letter to the empty line. Raises BadRequest."""
    text = head.decode("latin-1")
    found = _HEAD.fullmatch(text)
    if found is None:
        raise _fault_of(text)
    method, target, version = found.groups()
    _check_line(method, target)
    headers: dict[str, str] = {}
    repeated: list[str] = []
    for written, padded in intake.fields.findall(text, found.end(3)):
        name, value = written.lower(), padded.strip(" \t")
        if name in headers:
            repeated.append(name)
            value = f"{headers[name]}{'; ' if name == 'cookie' else ','}{value}"
        headers[name] = value
    request = Request(method, target, headers, is_old=version == "0")
    request.repeated = repeated
    _check_host(request)
    if "connection" in headers:
        _read_connection(request)
    if "content-length" in headers or "transfer-encoding" in headers or "expect" in headers:
        _read_body_headers(request, intake)
    return request


def _fault_of(text: str) -> BadRequest:
    """Say what is wrong with a head that is none. Raises BadRequest where that is in its first line."""
    line = _LINE.match(text)
    if line is None:
        return _fault_of_line(text)
    _check_line(line[1], line[2])
    return BadRequest(431 if text.count("\n") > MOST_FIELDS + 2 else 400)


def _fault_of_line(text: str) -> BadRequest:
    """Say what is wrong with a first line that is none of ours: its version, the length of its method, or all of it."""
    other = _OTHER_LINE.match(text)
    if other is None:
        return BadRequest(400)
    is_our_version = other[1] in ("1.0", "1.1")
    return BadRequest(501 if is_our_version else 505)


def _check_line(method: str, target: str) -> None:
    if len(target) > TARGET_BYTES:
        raise BadRequest(414)
    if method != "GET" and method != method.upper():  # there is no such method, and some apps would take it for one
        raise BadRequest(501)


def raw_path(target: str) -> str:
    """Take the path out of a target of any form, as it came; an empty one where the target names no path.

    Raises BadRequest where an address names no host (RFC 9110, 4.2.1), or who asks as well (4.2.4).
    """
    path = target.partition("?")[0] if "?" in target else target
    if path.startswith("/"):
        return path
    absolute = _ABSOLUTE.match(path)
    if absolute is None:
        return ""
    if absolute[1][:1] in ("", ":") or not is_host(absolute[1]):
        raise BadRequest(400)
    return path[absolute.end() :]


def path_of(target: str) -> str:
    """Take the path out of a target, and decode it. Raises BadRequest."""
    if target.startswith("/") and "%" not in target and "?" not in target:  # nearly always: a path and nothing else
        return target
    return unquote(raw_path(target))


def _check_host(request: Request) -> None:
    host = request.headers.get("host")
    if host is None:
        if not request.is_old:
            raise BadRequest(400)
    elif match_name(host) is None and not is_host(host):  # the call is spared where it is a name
        raise BadRequest(400)


def _read_connection(request: Request) -> None:
    words = [word.strip(" \t") for word in request.headers["connection"].lower().split(",")]
    if "close" in words:
        request.keeps_alive = False
    elif "keep-alive" in words:
        request.keeps_alive = True


def _read_body_headers(request: Request, intake: Intake) -> None:
    """See how long a body is. A second opinion about its length is how requests are smuggled, so there may be none."""
    headers = request.headers
    if "transfer-encoding" in headers:
        if "content-length" in headers or request.is_old:
            raise BadRequest(400)
        if not intake.takes_chunks or headers["transfer-encoding"].lower() != "chunked":
            raise BadRequest(501)
        request.is_chunked = True
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise BadRequest(400)
    if len(length) > 18 or (int(length) > intake.body_bytes(request) and not intake.judges_bodies):
        raise BadRequest(413)
    request.body_bytes = int(length)
    if "expect" in headers:
        if headers["expect"].lower() != "100-continue":
            raise BadRequest(417)
        request.expects_continue = not request.is_old and request.has_body
