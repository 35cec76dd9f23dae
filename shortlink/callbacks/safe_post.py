"""A POST to a stranger's URL that cannot hang, cannot reach inside and never raises.

The call itself is `exchange`; this module adds the words for what went wrong.
"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence

import requests
import ssrfguard
import urllib3.exceptions

from shortlink.callbacks.deadline import Deadline
from shortlink.callbacks.exchange import exchange
from shortlink.domain.callback import Attempt
from shortlink.domain.callback_url import Network
from shortlink.domain.retry_after import read_retry_after

log = logging.getLogger(__name__)

# The first word one of whose kinds occurs anywhere among the causes; so the special stand before the general.
_WORDS: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
    (
        "refused",
        (
            ssrfguard.SSRFGuardError,
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
            urllib3.exceptions.LocationValueError,
            UnicodeError,
        ),
    ),
    ("dns", (socket.gaierror,)),
    ("connect", (urllib3.exceptions.NewConnectionError,)),
    ("timeout", (TimeoutError, urllib3.exceptions.TimeoutError)),
    ("reset", (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, ssl.SSLEOFError)),
    ("tls", (ssl.SSLError,)),
    ("protocol", (http.client.HTTPException, urllib3.exceptions.HTTPError, OSError)),
)


def safe_post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_seconds: float,
    allowed_networks: Sequence[Network],
) -> Attempt:
    """POST a body to a URL and tell what came of it: a status code, or one word why there is none.

    The words: "refused" (this URL or its address may not be called), "dns", "connect", "tls", "timeout",
    "reset", "protocol". `timeout_seconds` holds for everything together, name look-up included. Redirects are
    not followed, no proxy, cookie or password file is used, at most MAX_BODY_READ bytes of the answer are read
    and none is unpacked, and the connection is closed after. Threads share nothing.
    """
    at, begun = int(time.time() * 1000), time.monotonic()
    status_code: int | None = None
    error: str | None = None
    retry_after: float | None = None
    try:
        reply = exchange("POST", url, body, headers, Deadline(timeout_seconds), allowed_networks)
        status_code = reply.status_code
        retry_after = read_retry_after(reply.retry_after, now=time.time())
    except Exception as failure:  # noqa: BLE001 - the try is counted: whatever a stranger provokes is recorded
        error = _word_for(failure)
    duration_ms = int((time.monotonic() - begun) * 1000)
    return Attempt(at=at, duration_ms=duration_ms, status_code=status_code, error=error, retry_after=retry_after)


def _word_for(failure: BaseException) -> str:
    causes = list(_causes(failure))
    for word, kinds in _WORDS:
        if any(isinstance(cause, kinds) for cause in causes):
            return word
    # Only the kind: the text of an exception may quote the URL, and with it a secret in its query.
    log.warning("a callback failed in a way nobody foresaw: %s", type(failure).__name__)
    return "protocol"


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """Yield a failure and what it was raised from or during: libraries wrap an error several times over."""
    cause: BaseException | None = failure
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
