"""The tapper: people who open short links, each tap journalled before and after, Jepsen style."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from tests.chaos.rig.crew import work_through
from tests.chaos.rig.journal import Journal

PERSON = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"
PREVIEW = "facebookexternalhit/1.1"
PATIENCE_SECONDS = 10.0
AGAIN_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One tap that was answered or not: `how` is ok, fail (a refusal, certainly not followed) or unknown."""

    how: str
    status: int
    seconds: float
    at: float  # UTC ms
    location: str = ""
    retry_after: str = ""


def tap(short_url: str, *, agent: str = PERSON) -> Tap:
    """Open a link once, on a connection of its own."""
    parts = urlsplit(short_url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
    at, began = time.time() * 1000, time.monotonic()
    try:
        connection.connect()
    except OSError:
        connection.close()  # it can fail behind the connect itself
        return Tap(how="fail", status=0, seconds=time.monotonic() - began, at=at)
    try:
        connection.request("GET", parts.path, headers={"User-Agent": agent})
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        return Tap(how="unknown", status=0, seconds=time.monotonic() - began, at=at)
    finally:
        connection.close()
    return Tap(
        how="ok" if answer.status == 302 else "fail",
        status=answer.status,
        seconds=time.monotonic() - began,
        at=at,
        location=answer.headers.get("Location", ""),
        retry_after=answer.headers.get("Retry-After", ""),
    )


class Tapper:
    """Taps links from several threads at a steady rate."""

    def __init__(self, journal: Journal, *, threads: int = 8) -> None:
        self.journal = journal
        self._threads = threads

    def tap_all(
        self, codes: Sequence[str], url_of: Callable[[str], str], *, rate: float, again_seconds: float = 0.0
    ) -> list[Tap]:
        """Tap the links in this order, about so many a second, and give what came of it.

        Who is not led on taps again twice a second for `again_seconds`; each time is a tap of its own.
        """
        done: list[Tap] = []

        def tap_until_led_on(number: int, code: str) -> None:
            deadline = time.monotonic() + again_seconds
            while not self._tap(code, number, url_of(code), done) and time.monotonic() < deadline:
                time.sleep(AGAIN_SECONDS)

        work_through(codes, tap_until_led_on, rate=rate, threads=self._threads, name="tapper")
        return done

    def _tap(self, code: str, number: int, url: str, done: list[Tap]) -> bool:
        """Tap once and say whether it was led on."""
        self.journal.note(what="invoke", code=code, number=number)
        one = tap(url)
        self.journal.note(what=one.how, code=code, number=number, status=one.status, location=one.location, at=one.at)
        done.append(one)
        return one.how == "ok"
