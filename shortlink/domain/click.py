"""Judge a hit on a short link: a person's click, or one of the programs that follow links before people do.

Every hit gets a verdict and the name of the rule that gave it, so that a count can be explained and argued with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from shortlink.domain.agents import MAX_LENGTH, AgentKind, recognise

# Where browsers say that nobody has tapped yet.
PURPOSE_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


class Verdict(StrEnum):
    """What a hit was. The value is the letter under which the store keeps it."""

    HUMAN = "h"
    PREVIEW = "p"  # a messaging app or social network drew a card of the target
    PREFETCH = "f"  # a browser loaded the page in case somebody wants it
    SCANNER = "s"  # security products, crawlers, monitoring, automated browsers
    HEAD = "e"  # asked where the link leads without following it
    UNKNOWN = "u"  # a plain HTTP client: an integrator's curl, or somebody's script


class Hit(NamedTuple):
    """The facts of a request that its verdict depends on."""

    method: str
    user_agent: str  # "" when there is none
    purpose: str = ""  # the values of PURPOSE_HEADERS, joined by commas


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and the rule that gave it: a short stable name, such as `apple-messages` or `agent:curl`."""

    verdict: Verdict
    rule: str


_HEAD = Judgement(verdict=Verdict.HEAD, rule="head")
_METHOD = Judgement(verdict=Verdict.SCANNER, rule="method")  # nobody taps a POST
# Chromium appends parameters (`prefetch;prerender`, `prefetch;anonymous-client-ip`): the first word decides.
_PURPOSES = {
    "prefetch": Judgement(verdict=Verdict.PREFETCH, rule="sec-purpose"),
    "prerender": Judgement(verdict=Verdict.PREFETCH, rule="sec-purpose"),
    "instant": Judgement(verdict=Verdict.PREFETCH, rule="sec-purpose"),
    "preview": Judgement(verdict=Verdict.PREVIEW, rule="x-purpose"),
}
_PURPOSE = re.compile(r"(?:^|,)\s*([a-z]+)")
_VERDICTS = {
    AgentKind.BROWSER: Verdict.HUMAN,
    AgentKind.PREVIEW: Verdict.PREVIEW,
    AgentKind.SCANNER: Verdict.SCANNER,
    AgentKind.PLAIN_CLIENT: Verdict.UNKNOWN,
}


def judge(hit: Hit) -> Judgement:
    """Judge a hit: by its method, then by its purpose headers, then by its user agent."""
    if hit.method != "GET":
        return _HEAD if hit.method == "HEAD" else _METHOD
    for word in _PURPOSE.findall(hit.purpose[:MAX_LENGTH].lower()) if hit.purpose else ():
        if word in _PURPOSES:
            return _PURPOSES[word]
    return _judge_agent(hit.user_agent[:MAX_LENGTH])  # cut before the cache, which would keep whatever strangers send


@lru_cache(maxsize=4096)
def _judge_agent(agent: str) -> Judgement:
    """Judge an agent, or remember it.

    A stranger who sends many agents pushes out what everybody else sends. All that he wins is that each of those is
    judged once more, in some ten to twenty microseconds: too little to guard against.
    """
    kind, rule = recognise(agent)
    return Judgement(verdict=_VERDICTS[kind], rule=rule)


def loads_ahead(hit: Hit) -> bool:
    """Whether a browser loads a page in case somebody taps: it may show that page later without asking again."""
    return hit.purpose != "" and judge(hit).verdict is Verdict.PREFETCH


def spends_first_click(verdict: Verdict, *, count_plain_clients: bool) -> bool:
    """Whether a hit counts as a click: the first that does fires the callback and is never replaced."""
    return verdict is Verdict.HUMAN or (verdict is Verdict.UNKNOWN and count_plain_clients)
