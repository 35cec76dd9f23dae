"""What the door answers to a request: a tap, or one of the few other things at this address."""

from __future__ import annotations

import logging
import re
import secrets
from itertools import count

from shortlink.dialects.link_answers import ALIVE, METHODS, NO_ICON, REDIRECT, ROBOTS, link_page
from shortlink.domain.client_address import client_address
from shortlink.domain.code import tapped_code
from shortlink.http1.exchange import Exchange
from shortlink.http1.request import Intake, Request
from shortlink.redirect.tap import Tap, TapDesk
from shortlink.redirect.wire import reply

log = logging.getLogger(__name__)
_FIXED = {"robots.txt": ROBOTS, "favicon.ico": NO_ICON, "healthz": ALIVE}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_READ_ONLY = frozenset({"GET", "HEAD"})
_ALLOW = "Allow: GET, HEAD, OPTIONS\r\n"
_WANTED = re.compile(
    r"\n(host|user-agent|connection|content-length|transfer-encoding|expect|accept-language"
    r"|sec-purpose|purpose|x-purpose|x-moz|x-request-id|x-forwarded-for|traceparent|tracestate):([^\r]*)",
    re.IGNORECASE | re.ASCII,
)
BODY_BYTES = 65_536  # nobody needs a body here; one that comes is skipped, up to this


class Door:
    """Answers requests; one a process."""

    intake = Intake(fields=_WANTED, body_bytes=lambda _: BODY_BYTES)

    def __init__(self, desk: TapDesk, *, trusted_proxies: int) -> None:
        self._desk = desk
        self._hops = trusted_proxies
        self._numbers = count(secrets.randbits(62))

    def answer(self, request: Request, peer: str, exchange: Exchange) -> None:
        """Answer a request, now or later; `peer` is the address of who is connected."""
        own_id = self._request_id(request)
        try:
            self._answer(request, peer, own_id, exchange)
        except Exception as error:
            log.exception("request failed request_id=%s", own_id, exc_info=error)
            reply(exchange, link_page(500, request.language, self._desk.home), own_id)

    def _answer(self, request: Request, peer: str, own_id: str, exchange: Exchange) -> None:
        part = only_part(request.path)
        if part is None:
            self._answer_elsewhere(request, own_id, exchange)
        elif request.method not in _READ_ONLY:
            self._refuse_method(request, own_id, exchange)
        elif part in _FIXED:
            reply(exchange, _FIXED[part], own_id)
        else:
            address = self._address(request, peer) if self._hops else peer  # most have no proxy: nothing to look up
            Tap(self._desk, tapped_code(part), request, address, own_id, exchange).follow()

    def _answer_elsewhere(self, request: Request, own_id: str, exchange: Exchange) -> None:
        """Lead from the bare domain to whose it is; elsewhere is nothing."""
        home = self._desk.home
        if home is not None and request.path == "/" and request.method in _READ_ONLY:
            reply(exchange, REDIRECT, own_id, f"Location: {home}\r\n")
        else:
            reply(exchange, link_page(404, request.language, home), own_id)

    def _refuse_method(self, request: Request, own_id: str, exchange: Exchange) -> None:
        if request.method == "OPTIONS":
            reply(exchange, METHODS, own_id)
        else:
            reply(exchange, link_page(405, request.language, self._desk.home), own_id, _ALLOW)

    def _request_id(self, request: Request) -> str:
        """Take the id that a proxy gave, or a number that no other request of this process has."""
        given = request.headers.get("x-request-id")
        if given is not None and _REQUEST_ID.fullmatch(given):
            return given
        return f"{next(self._numbers):016x}"

    def _address(self, request: Request, peer: str) -> str:
        """Name the client; `peer` is who is connected."""
        return client_address(request.headers.get("x-forwarded-for"), peer=peer, hops=self._hops)


def only_part(path: str) -> str | None:
    """Return what stands between the slashes of a path of one part; None for every other."""
    part = path.removesuffix("/")[1:]
    return part if part and "/" not in part and path[0] == "/" else None
