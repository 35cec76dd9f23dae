"""One tap on a short link, from the request to its answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from shortlink.dialects.link_answers import REDIRECT, RETRY_SECONDS, link_page
from shortlink.domain.click import PURPOSE_HEADERS, Hit, loads_ahead
from shortlink.domain.errors import RecordUnreadable, StoreUnavailable
from shortlink.domain.location import location_of
from shortlink.http1.exchange import Exchange
from shortlink.http1.request import Request
from shortlink.redirect.refusals import Refusals
from shortlink.redirect.spooling import SpoolWriter
from shortlink.redirect.wire import reply
from shortlink.use_cases.follow_link import LinkDesk, Spooled, follow_command, follow_steps, live_target
from shortlink.use_cases.miss_throttle import MissThrottle

if TYPE_CHECKING:
    from shortlink.storage.async_line import AsyncLine
    from shortlink.storage.links import Followed
    from shortlink.storage.steps import Steps

log = logging.getLogger(__name__)
_PURPOSES = tuple(name.lower() for name in PURPOSE_HEADERS)
_ANY_PURPOSE = frozenset(_PURPOSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class TapDesk:
    """What taps need. `observe` is told of each: what it was, the status, the seconds it took.

    `home` is the site of whoever sends, if it is known.
    """

    links: LinkDesk
    line: AsyncLine
    misses: MissThrottle
    spool: SpoolWriter
    observe: Callable[[str, int, float], None]
    refusals: Refusals
    home: str | None


class Tap:
    """One tap; it answers its exchange once."""

    __slots__ = ("_address", "_began", "_code", "_desk", "_exchange", "_own_id", "_request", "_until")

    def __init__(
        self, desk: TapDesk, code: str, request: Request, address: str, own_id: str, exchange: Exchange
    ) -> None:
        self._desk = desk
        self._code = code
        self._request = request
        self._address = address
        self._own_id = own_id
        self._exchange = exchange
        self._began = time.perf_counter()

    def follow(self) -> None:
        """Ask the store where the link leads, unless its asker guesses too much."""
        try:
            if wait := self._desk.misses.blocks(self._address):
                self._say(429, f"Retry-After: {wait}\r\n")
                return
            links = self._desk.links
            self._until = links.links.last_moment()
            command = follow_command(self._code, self._hit(), links, self._until)
            if command is not None:
                self._desk.line.ask(command, self._take)
            else:
                self._desk.line.begin(self._steps(), self._go_on)
        except Exception as fault:  # noqa: BLE001, whoever taps is always answered, and counted
            self._give_up(fault)

    def _steps(self) -> Steps[Followed | Spooled]:
        return follow_steps(self._code, self._hit(), self._desk.links, self._until)

    def _hit(self) -> Hit:
        given = self._request.headers
        is_plain = _ANY_PURPOSE.isdisjoint(given)
        purpose = "" if is_plain else ",".join([given[name] for name in _PURPOSES if name in given])
        return Hit(method=self._request.method, user_agent=given.get("user-agent", ""), purpose=purpose)

    def _take(self, answer: Any) -> None:
        """Answer with what the store says; what is no live link goes the whole way."""
        try:
            target = live_target(self._code, answer, self._desk.links)
            if target is not None:
                self._lead_to(target)
            else:
                self._desk.line.go_on(self._steps(), answer, self._go_on)
        except Exception as fault:  # noqa: BLE001, whoever taps is always answered
            self._give_up(fault)

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
            self._lead_to(found.link)
        elif found.standing == "gone":
            self._say(410)
        else:
            if self._desk.links.mint.accepts(self._code):
                self._desk.misses.note_miss(self._address)
            self._say(404)

    def _lead_to(self, target: str) -> None:
        if self._desk.links.refuse_prefetch and loads_ahead(self._hit()):
            self._say(503, f"Retry-After: {RETRY_SECONDS}\r\n", kind="prefetch")
            return
        reply(self._exchange, REDIRECT, self._own_id, f"Location: {location_of(target)}\r\n")
        self._desk.observe("redirect", 302, time.perf_counter() - self._began)

    def _give_up(self, error: Exception | None) -> None:
        if isinstance(error, StoreUnavailable):
            self._desk.refusals.note(self._own_id, error)
            self._say(503, f"Retry-After: {RETRY_SECONDS}\r\n")
        elif isinstance(error, RecordUnreadable):  # where it was met, the log has said so
            self._say(500)
        else:
            log.error("request failed request_id=%s", self._own_id, exc_info=error)
            self._say(500)

    def _say(self, status: int, extra: str = "", *, kind: str = "redirect") -> None:
        reply(self._exchange, link_page(status, self._request.language, self._desk.home), self._own_id, extra)
        self._desk.observe(kind, status, time.perf_counter() - self._began)
