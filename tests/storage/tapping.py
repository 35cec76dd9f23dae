"""Taps on links in a store, at a time of the test's choosing."""

from __future__ import annotations

from collections.abc import Callable

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.message import Message
from shortlink.storage.links import Followed, LinkStore
from tests.storage.conftest import NOW

Add = Callable[..., Message]


def tap(links: LinkStore, message: Message, verdict: Verdict = Verdict.HUMAN, now: int = NOW + 5) -> Followed:
    spends = verdict in (Verdict.HUMAN, Verdict.UNKNOWN)
    judgement = Judgement(verdict=verdict, rule="test")
    return links.follow(message.code, judgement, spends=spends, callback_ms=0, now=now)
