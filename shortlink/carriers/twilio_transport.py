"""The HTTP below Twilio's SDK: certainty about what was sent.

The SDK's own client hides the moment from which a failure is ambiguous: only whoever opens the connection knows whether
a byte of the request ever left. So this speaks `http.client`, in two steps: a failure while connecting means that
nothing was sent, any later one that the outcome is unknown, on a connection that was used before no less than on a
fresh one (see kept_connections.py). It also logs nothing, where the SDK logs URLs with phone numbers at INFO, and
urllib3 at DEBUG. No proxy is used, no redirect followed, nothing retried.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
from twilio.http.response import Response

from shortlink.carriers.kept_connections import KeptConnections
from shortlink.carriers.twilio_errors import error_for
from shortlink.domain.errors import CarrierBusy, CarrierRefused, OutcomeUnknown
from shortlink.domain.retry_after import read_retry_after

API_URL = "https://api.twilio.com"
# The connect timeout holds for each address of the host, and a name server may be slow too. If all that took longer
# than this, the request is not sent: the caller's lease on the message might end before the answer comes.
CONNECTING_AT_MOST_SECONDS = 10.0


class TwilioTransport:
    """An HttpClient for Twilio's SDK, for many threads; keeps a connection for a moment after its answer.

    `base_url` stands in for https://api.twilio.com: a simulator, or a region such as
    https://api.dublin.ie1.twilio.com. Timeouts are in seconds.
    """

    is_async = False  # asked for by the SDK

    def __init__(self, *, base_url: str | None, connect_timeout: float, read_timeout: float) -> None:
        base = urlsplit((base_url or API_URL).rstrip("/"))
        if base.scheme not in ("http", "https") or not base.hostname:
            raise ValueError("the base URL of the carrier must be an absolute http or https URL")
        self._host, self._port, self._path = base.hostname, base.port, base.path
        self._tls = _tls_context() if base.scheme == "https" else None
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._kept = KeptConnections()
        self._limit = threading.local()

    @contextmanager
    def sending_until(self, moment: float | None) -> Iterator[None]:
        """Send nothing on this thread that is not under way by then (monotonic seconds): it raises CarrierBusy."""
        self._limit.moment = moment
        try:
            yield
        finally:
            self._limit.moment = None

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_ours: object,  # timeout and redirects are not the caller's to choose
    ) -> Response:
        """Make one request and return its 2xx answer, whose text is sure to be a JSON object.

        Raises CarrierBusy if nothing was sent, OutcomeUnknown if no complete answer came back, and for every
        other answer what `error_for` says.
        """
        target = self._target(uri, params)
        body = _form(data) if data is not None else None
        status, text, answer_headers = self._exchange(method, target, body, _with_auth(headers, auth))
        payload = _json_object(text)
        if not 200 <= status < 300:
            wish = read_retry_after(answer_headers.get("Retry-After"), now=time.time())
            raise error_for(status, _code(payload), retry_after=wish)
        if payload is None:
            raise OutcomeUnknown(f"Twilio's answer (HTTP {status}) cannot be read.")
        return Response(status, text, dict(answer_headers.items()))

    def _target(self, uri: str, params: Mapping[str, object] | None) -> str:
        if not uri.startswith(API_URL + "/"):  # the next page is named by the answer: never carry credentials away
            raise OutcomeUnknown("Twilio's answer points to another host.")
        target = self._path + uri[len(API_URL) :]
        return target + ("&" if "?" in target else "?") + urlencode(params, doseq=True) if params else target

    def _exchange(
        self, method: str, target: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, str, Message]:
        connection, opened_at = self._kept.take() or (self._connected(), time.monotonic())
        self._check_limit(connection)
        whole = False
        try:
            connection.sock.settimeout(self._read_timeout)
            connection.request(method, target, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            whole = not answer.will_close
        except (OSError, HTTPException) as error:  # its text may quote the answer: keep the kind only
            raise OutcomeUnknown(f"No complete answer came from Twilio ({type(error).__name__}).") from None
        finally:
            if not whole:
                connection.close()
        self._kept.give_back(connection, opened_at)
        return answer.status, text, answer.headers

    def _check_limit(self, connection: HTTPConnection) -> None:
        """Look at the clock as late as can be: a process may have been stopped anywhere before this."""
        moment: float | None = getattr(self._limit, "moment", None)
        if moment is not None and time.monotonic() > moment:
            connection.close()
            raise CarrierBusy("It was too late to send; nothing was sent.")

    def _connected(self) -> HTTPConnection:
        connection = self._connection()
        begun = time.monotonic()
        try:
            connection.connect()  # TLS included
        except (OSError, UnicodeError) as error:
            connection.close()
            raise CarrierBusy(f"Twilio cannot be reached ({type(error).__name__}).") from error
        if time.monotonic() - begun > CONNECTING_AT_MOST_SECONDS:
            connection.close()
            raise CarrierBusy("Twilio cannot be reached: connecting took too long.")
        return connection

    def _connection(self) -> HTTPConnection:
        if self._tls is not None:
            return HTTPSConnection(self._host, self._port, timeout=self._connect_timeout, context=self._tls)
        return HTTPConnection(self._host, self._port, timeout=self._connect_timeout)


def _tls_context() -> ssl.SSLContext:
    """Trust the system's authorities (SSL_CERT_FILE adds to them) and certifi's, as some systems have none."""
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    return context


def _form(data: Mapping[str, object]) -> bytes:
    try:
        return urlencode(data, doseq=True).encode("ascii")
    except UnicodeEncodeError:  # half of a surrogate pair: no encoding can carry it
        raise CarrierRefused("The message holds a character that does not exist.", code="unicode") from None


def _with_auth(headers: Mapping[str, str] | None, auth: tuple[str, str] | None) -> dict[str, str]:
    if auth is None:
        return dict(headers or {})
    return {**(headers or {}), "Authorization": "Basic " + base64.b64encode(":".join(auth).encode()).decode("ascii")}


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _code(payload: dict[str, Any] | None) -> str | None:
    code = str((payload or {}).get("code") or "")
    return code if code.isascii() and code.isdecimal() and len(code) <= 6 else None
