"""The simulator's own requests: status callbacks and taps; no redirect followed, no proxy, no retry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

TIMEOUT_SECONDS = 15.0  # Twilio's own for a status callback


class ConnectionFailed(Exception):
    """There was no answer; the text is one word for why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, as far as anybody here looks at it."""

    status: int
    location: str | None


def request(method: str, url: str, *, headers: Mapping[str, str], body: str | None = None) -> Answer:
    """Send exactly these headers, beside Host and Content-Length, and leave the body of the answer unread.

    Raises ConnectionFailed when there is no answer.
    """
    try:
        return _request(method, urlsplit(url), headers, None if body is None else body.encode())
    except TimeoutError:
        raise ConnectionFailed("timeout") from None
    except (OSError, HTTPException, ValueError):
        raise ConnectionFailed("unreachable") from None


def _request(method: str, url: SplitResult, headers: Mapping[str, str], body: bytes | None) -> Answer:
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=TIMEOUT_SECONDS)
    try:
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(status=answer.status, location=answer.getheader("Location"))
    finally:
        connection.close()
