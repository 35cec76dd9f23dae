"""One tap on a short link, from the request to its answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from shortlink.dialects.link_answers import REDIRECT, RETRY_SECONDS, LinkAnswer, link_page
from shortlink.domain.click import PURPOSE_HEADERS, Hit
from shortlink.domain.errors import StoreUnavailable
from shortlink.domain.location import location_of
from shortlink.http1.request import Request
from shortlink.redirect.spooling import SpoolWriter
from shortlink.use_cases.follow_link import LinkDesk, Spooled, follow_steps
from shortlink.use_cases.miss_throttle import MissThrottle

if TYPE_CHECKING:
    from shortlink.storage.async_line import AsyncLine
    from shortlink.storage.links import Followed

log = logging.getLogger(__name__)
Reply = Callable[[LinkAnswer, str], None]  # the answer, and header lines of this one alone
_PURPOSES = tuple(name.lower() for name in PURPOSE_HEADERS)
_ANY_PURPOSE = frozenset(_PURPOSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class TapDesk:
    """What taps need. `observe` is told of each: what it was, the status, the seconds it took."""

    links: LinkDesk
    line: AsyncLine
    misses: MissThrottle
    spool: SpoolWriter
    observe: Callable[[str, int, float], None]


class Tap:
    """One tap; it answers by calling `reply` once."""

    __slots__ = ("_address", "_began", "_code", "_desk", "_own_id", "_reply", "_request")

    def __init__(self, desk: TapDesk, code: str, request: Request, address: str, own_id: str, reply: Reply) -> None:
        self._desk = desk
        self._code = code
        self._request = request
        self._address = address
        self._own_id = own_id
        self._reply = reply
        self._began = time.perf_counter()

    def follow(self) -> None:
        """Ask the store where the link leads, unless its asker guesses too much."""
        if wait := self._desk.misses.blocks(self._address):
            self._say(429, f"Retry-After: {wait}\r\n")
            return
        self._desk.line.begin(follow_steps(self._code, self._hit(), self._desk.links), self._go_on)

    def _hit(self) -> Hit:
        given = self._request.headers
        is_plain = _ANY_PURPOSE.isdisjoint(given)
        purpose = "" if is_plain else ",".join([given[name] for name in _PURPOSES if name in given])
        return Hit(method=self._request.method, user_agent=given.get("user-agent", ""), purpose=purpose)

    def _go_on(self, found: Followed | Spooled | None, error: Exception | None) -> None:
        try:
            if isinstance(found, Spooled):
                self._desk.spool.write(found.click, partial(self._go_on, found.followed))
            elif error is not None or found is None:
                self._give_up(error)
            else:
                self._tell(found)
        except Exception as fault:  # noqa: BLE001, whoever taps is always answered
            self._give_up(fault)

    def _tell(self, found: Followed) -> None:
        if found.link is not None:
            location = location_of(found.link)
            self._reply(REDIRECT, f"X-Request-Id: {self._own_id}\r\nLocation: {location}\r\n")
            self._desk.observe("redirect", 302, time.perf_counter() - self._began)
        elif found.standing == "gone":
            self._say(410)
        else:
            if self._desk.links.mint.accepts(self._code):
                self._desk.misses.note_miss(self._address)
            self._say(404)

    def _give_up(self, error: Exception | None) -> None:
        if isinstance(error, StoreUnavailable):
            log.warning("store unavailable request_id=%s view=links.follow reason=%s", self._own_id, error)
            self._say(503, f"Retry-After: {RETRY_SECONDS}\r\n")
        else:
            log.error("request failed request_id=%s", self._own_id, exc_info=error)
            self._say(500)

    def _say(self, status: int, extra: str = "") -> None:
        page = link_page(status, self._request.language)
        self._reply(page, f"X-Request-Id: {self._own_id}\r\n{extra}")
        self._desk.observe("redirect", status, time.perf_counter() - self._began)
