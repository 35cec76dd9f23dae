"""Recognise the programs that the list of the `crawler-user-agents` project knows, by one of its patterns.

Most of its patterns are plain words, and some are expressions. The first that is in an agent decides: kind by kind,
the words of a kind before its expressions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from shortlink.domain.agent_kind import AgentKind
from shortlink.domain.grams import GramIndex

_Search = Callable[[str, int], re.Match[str] | None]


class Listed(NamedTuple):
    """A pattern of the list, and the sort of program that it finds."""

    kind: AgentKind
    pattern: str
    word: str  # "" where the pattern is an expression
    parts: tuple[_Search, ...]  # of an expression; each is behind the one before

    def is_in(self, agent: str) -> bool:
        """Whether the pattern matches an agent."""
        if self.word:
            return self.word in agent
        end = 0
        for search in self.parts:
            if not (match := search(agent, end)):
                return False
            end = match.end()
        return True


# Patterns of the list that match people: the build number of millions of Android 15 phones, and the browser inside
# the Facebook app.
_ABOUT_PEOPLE = frozenset({r"AP3A\.240617\.008", "MetaIAB Facebook"})
# Apps whose fetchers and whose built-in browsers carry the same name; of these, a phone's browser is no fetcher.
_APPS = frozenset(
    {
        r"Bluesky\/",
        "Feedly",
        "Goodreads",
        "Hatena",
        "Mastodon",
        r"Notion\/",
        "Synapse",
        r"Tumblr\/",
        "Viber",
        "WhatsApp",
    }
)
_PHONE_BROWSER = re.compile(r"Mozilla/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android)[^)]*\) AppleWebKit/")
_SPECIAL = re.compile(r"\\[A-Za-z]|(?<!\\)[\[\](){}*+?|^$.]")
# `A[\s\S]*B` alone would look through all that follows each A; where A and B are words, the first A will do.
_ANYTHING = r"[\s\S]*"
# What most people's agents say. A program is better looked for by something else.
_EVERYDAY = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1 (Linux; Android 10; K Build/) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36"
    " (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0 (Macintosh; Intel Mac OS X 10_15_7)"
    " Safari Line/14.16.0"
)


def find_listed(agent: str) -> tuple[AgentKind, str] | None:
    """Find the first pattern of the list that is in an agent: its kind, and the name of its rule."""
    patterns, grams = read_list()
    for number in grams.candidates(agent):
        listed = patterns[number]
        if listed.is_in(agent) and not (listed.pattern in _APPS and _PHONE_BROWSER.match(agent)):
            return listed.kind, _rule(listed.pattern)
    return None


class AgentList(NamedTuple):
    """The patterns of the list in the order in which they are tried, and what finds them."""

    patterns: tuple[Listed, ...]
    grams: GramIndex


@cache
def read_list() -> AgentList:
    """Read and index the list, once a process.

    It takes some 25 ms, which only those pay who judge agents; they do it before the first hit.
    """
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA  # noqa: PLC0415, its file is read then

    patterns = tuple(listed for kind in _KINDS for listed in _of_kind(kind, CRAWLER_USER_AGENTS_DATA))
    return AgentList(patterns, GramIndex([listed.pattern for listed in patterns], _EVERYDAY))


@cache
def _rule(pattern: str) -> str:
    """Make a rule's name of a pattern: `[wW]get` gives `agent:wget`."""
    words = re.sub(r"\[(\w)\w\]|\\[A-Za-z]|\\(.)", r"\1\2", pattern)
    return "agent:" + re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _kind(tags: list[str]) -> AgentKind:
    if "social-preview" in tags:
        return AgentKind.PREVIEW
    return AgentKind.PLAIN_CLIENT if "http-library" in tags else AgentKind.SCANNER


def _of_kind(wanted: AgentKind, entries: list[Any]) -> Iterator[Listed]:
    """Read the list's patterns of one kind: words, then expressions."""
    patterns = [
        str(entry["pattern"])
        for entry in entries
        if _kind(entry["tags"]) is wanted and entry["pattern"] not in _ABOUT_PEOPLE
    ]
    for pattern in sorted(patterns, key=lambda pattern: _SPECIAL.search(pattern) is not None):
        yield _read(wanted, pattern)


def _read(kind: AgentKind, pattern: str) -> Listed:
    if not _SPECIAL.search(pattern):
        return Listed(kind, pattern, re.sub(r"\\(.)", r"\1", pattern), ())
    parts = pattern.split(_ANYTHING)
    if any(map(_SPECIAL.search, parts)):
        return Listed(kind, pattern, "", (_search(pattern),))
    return Listed(kind, pattern, "", tuple(map(_search, parts)))


def _search(pattern: str) -> _Search:
    expression = re.compile(pattern)
    at_the_beginning = pattern.startswith("^") and "|" not in pattern  # `search` would try everywhere else as well
    return expression.match if at_the_beginning else expression.search


_KINDS = (AgentKind.PREVIEW, AgentKind.SCANNER, AgentKind.PLAIN_CLIENT)  # the list is searched in this order
