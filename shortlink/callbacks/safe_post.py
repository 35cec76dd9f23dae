"""A POST to a stranger's URL that cannot hang, cannot reach inside and never raises.

The address rules are those of ssrfguard: one look-up, every answer checked, the checked address dialled. Two
ranges are added to its table. This module adds which ports may be named, the deadline of the whole call, and
the words for what went wrong.
"""

from __future__ import annotations

import http.client
import logging
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from ipaddress import ip_network
from urllib.parse import urlsplit

import requests
import ssrfguard
import urllib3.exceptions

from shortlink.callbacks.transport import MAX_DIALS, Answers, Deadline, PinnedAdapter, look_up
from shortlink.domain.callback import Attempt
from shortlink.domain.callback_url import Network

MAX_BODY_READ = 4096
BODY_SECONDS = 1.0  # the answer stands once its headers are in; no worker waits long for a body nobody uses
MAX_RETRY_AFTER = 86_400.0
_LOW_PORTS = (80, 443)
_FIRST_HIGH_PORT = 1024

log = logging.getLogger(__name__)

_DENIED = ssrfguard.AddressTable(
    (
        *ssrfguard.DEFAULT_DENIED.blocks,
        ssrfguard.Block(
            ip_network("168.63.129.16/32"), "Azure host agent", "Azure documentation", ssrfguard.Reach.DENIED
        ),
        ssrfguard.Block(ip_network("::ffff:0:0:0/96"), "IPv4-translated", "RFC2765", ssrfguard.Reach.DENIED),
    )
)

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
        status_code, wish = _post(url, body, headers, Deadline(timeout_seconds), allowed_networks)
        retry_after = parse_retry_after(wish, now=time.time())
    except Exception as failure:  # noqa: BLE001 - the try is counted: whatever a stranger provokes is recorded
        error = _word_for(failure)
    duration_ms = int((time.monotonic() - begun) * 1000)
    return Attempt(at=at, duration_ms=duration_ms, status_code=status_code, error=error, retry_after=retry_after)


def check_networks(allowed_networks: Sequence[Network]) -> None:
    """Raise ValueError when a network cannot be allowed, because it would hide other addresses inside it."""
    _policy(443, allowed_networks)


def parse_retry_after(value: str | None, *, now: float) -> float | None:
    """Read a Retry-After header, seconds or HTTP-date, as seconds from `now` (a Unix time), at most a day.

    Anything else is None: a wish that cannot be read is no wish.
    """
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"[0-9]+", text):
        return min(float(text[:400]), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(moment - now, 0.0), MAX_RETRY_AFTER)


def _post(
    url: str, body: bytes, headers: Mapping[str, str], deadline: Deadline, allowed_networks: Sequence[Network]
) -> tuple[int, str | None]:
    """Make the call and return its status code and its Retry-After header."""
    policy = _policy(_port_of(url), allowed_networks)
    target = policy.check_url(url)
    request = requests.Request("POST", url, data=body, headers={**headers, "connection": "close"}).prepare()
    read_again = policy.check_url(request.url or "")
    if (read_again.scheme, read_again.host, read_again.port) != (target.scheme, target.host, target.port):
        raise requests.exceptions.InvalidURL("two readings of the URL differ")
    answers = _answers(target, policy, deadline, allowed_networks)
    adapter = PinnedAdapter(policy, answers, deadline)
    try:
        connect_seconds = deadline.remaining() / MAX_DIALS
        response = adapter.send(request, stream=True, timeout=(connect_seconds, connect_seconds), proxies={})
        with response:
            deadline.tighten(BODY_SECONDS)
            with suppress(Exception):  # the status is known; a body that breaks off takes nothing from it
                response.raw.read(MAX_BODY_READ, decode_content=False)
            return response.status_code, response.headers.get("retry-after")
    finally:
        adapter.close()


def _policy(port: int, allowed_networks: Sequence[Network]) -> ssrfguard.Policy:
    """Build the address rules for a call to one port; `_answers` decides about the port itself."""
    return ssrfguard.Policy(
        denied_networks=_DENIED,
        allowed_networks=tuple(allowed_networks),
        allowed_ports=frozenset({port}),
        max_connection_attempts=MAX_DIALS,
    )


def _port_of(url: str) -> int:
    try:
        parts = urlsplit(url)
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise requests.exceptions.InvalidURL("the URL cannot be read") from None


def _answers(
    target: ssrfguard.Target, policy: ssrfguard.Policy, deadline: Deadline, allowed_networks: Sequence[Network]
) -> Answers:
    """Look the host up once and refuse it unless every answer may be called on this port.

    On the open internet 80, 443 and everything from 1024 up may be named: customers' servers commonly listen
    on 8080, 8443, 3000 or 5000, and whoever may name such a port could call it without us too. The other low
    ports stay shut: none of them serves HTTP, and mail, SSH or DNS must not be spoken to in our name. Inside
    an allowed network the operator has said yes, so any port will do.
    """
    found = ssrfguard.resolve(target, policy=policy, resolver=lambda *query: look_up(deadline, *query))
    if target.port not in _LOW_PORTS and target.port < _FIRST_HIGH_PORT:
        for answer in found:
            if not any(answer.ip in network for network in allowed_networks):
                raise ssrfguard.BlockedAddressError(str(answer.ip), f"port {target.port} may not be called")
    return [(answer.family, socket.SOCK_STREAM, 0, "", answer.sockaddr) for answer in found]


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
