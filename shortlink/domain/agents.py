"""Recognise user agents: browsers, link previews, scanners and plain HTTP clients.

Exact rules for the agents that spoil SMS statistics come first: the pattern list does not know them all, and the
worst two pose as desktop browsers. Then comes the list of the `crawler-user-agents` project, then the words by
which other robots introduce themselves. What none of these knows and what begins as browsers do is taken for a
person.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from shortlink.domain.robot_words import is_previewer, is_robot, names_its_page

MAX_LENGTH = 512  # characters looked at; the longest real agents have about 400


class AgentKind(Enum):
    """What sort of program an agent is; the list is searched in this order."""

    PREVIEW = auto()
    SCANNER = auto()
    PLAIN_CLIENT = auto()
    BROWSER = auto()

    __hash__ = object.__hash__  # each is a single thing; Enum's own is slower, and every tap asks for it


SAMSUNG_MESSAGES = "Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:24.0) Gecko/20100101 Firefox/24.0"
_WHOLE = {
    SAMSUNG_MESSAGES: (AgentKind.PREVIEW, "samsung-messages"),
    "": (AgentKind.PLAIN_CLIENT, "agent:empty"),
    "node": (AgentKind.PLAIN_CLIENT, "agent:node"),
    "undici": (AgentKind.PLAIN_CLIENT, "agent:undici"),
}
_PARTS = (
    # Apple Messages claims to be two previewers at once, from the reader's own address.
    (("facebookexternalhit", "Twitterbot"), (AgentKind.PREVIEW, "apple-messages")),
    (("Google-PageRenderer",), (AgentKind.PREVIEW, "google-pagerenderer")),
    (("Google-Read-Aloud",), (AgentKind.PREVIEW, "google-read-aloud")),
    (("Google-Safety",), (AgentKind.SCANNER, "google-safety")),
    # Word and Outlook on a desk ask by themselves where a link leads, before a browser opens it.
    (("ms-office",), (AgentKind.SCANNER, "ms-office")),
    (("Barracuda Sentinel",), (AgentKind.SCANNER, "barracuda-sentinel")),
)
# What apps on phones send when they fetch something by themselves; nobody reads a page through these.
_PHONE_FETCHERS = (
    (re.compile(r"^Dalvik/"), (AgentKind.PREVIEW, "agent:dalvik")),
    (re.compile(r"^(?!Mozilla/).*\bCFNetwork/"), (AgentKind.PREVIEW, "agent:cfnetwork")),
)
_BROWSER = re.compile(r"^(?:Mozilla/[1-9]\.[0-9]+ \(|Opera/[1-9])")
# Old browsers said what they were compatible with; who says so today and is none of them is a program.
_COMPATIBLE = re.compile(
    r"^Mozilla/[0-9.]+ \(compatible; (?!MSIE |Konqueror/|Opera[ /]|NetFront/|iCab|OmniWeb/|Dillo|Galeon)"
)
# Phones from before smartphones, still seen in Japan, do not pretend to be Mozilla.
_OLD_PHONE = re.compile(r"^(?:DoCoMo|KDDI-|SoftBank|Vodafone|J-PHONE|Nokia|BlackBerry|UCWEB|SAMSUNG-|LG-|MOT-)")
_PHONE_BROWSER = re.compile(r"^Mozilla/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android)[^)]*\) AppleWebKit/")

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
_SPECIAL = re.compile(r"\\[A-Za-z]|(?<!\\)[\[\](){}*+?|^$.]")


def recognise(agent: str) -> tuple[AgentKind, str]:
    """Say what sort of program a user agent is, and the name of the rule that knew it."""
    return _recognise(agent[:MAX_LENGTH].strip())  # cut before the cache, which would keep whatever strangers send


@lru_cache(maxsize=4096)
def _recognise(agent: str) -> tuple[AgentKind, str]:
    if agent in _WHOLE:
        return _WHOLE[agent]
    for parts, found in _PARTS:
        if all(part in agent for part in parts):
            return found
    listed = _from_list(agent)
    if listed and listed[0] is not AgentKind.PLAIN_CLIENT:
        return listed
    return _by_own_words(agent, is_library=listed is not None) or listed or _by_beginning(agent)


def _by_own_words(agent: str, *, is_library: bool) -> tuple[AgentKind, str] | None:
    if is_previewer(agent):
        return AgentKind.PREVIEW, "says-preview"
    if is_robot(agent):
        return AgentKind.SCANNER, "says-robot"
    return (AgentKind.SCANNER, "names-its-page") if names_its_page(agent, is_library=is_library) else None


def _by_beginning(agent: str) -> tuple[AgentKind, str]:
    for fetcher, found in _PHONE_FETCHERS:
        if fetcher.search(agent):
            return found
    if _COMPATIBLE.search(agent):
        return AgentKind.SCANNER, "says-compatible"
    if _BROWSER.search(agent):
        return AgentKind.BROWSER, "browser"
    if _OLD_PHONE.search(agent):
        return AgentKind.BROWSER, "old-phone"
    return AgentKind.PLAIN_CLIENT, "agent:other"


def _from_list(agent: str) -> tuple[AgentKind, str] | None:
    skipped = _APPS if _PHONE_BROWSER.search(agent) else frozenset()
    for kind, words, expressions in _LIST:
        for word, pattern in words:
            if word in agent and pattern not in skipped:
                return kind, _rule(pattern)
        for expression in expressions:
            if expression.search(agent):
                return kind, _rule(expression.pattern)
    return None


def _rule(pattern: str) -> str:
    """Make a rule's name of a pattern: `[wW]get` gives `agent:wget`."""
    words = re.sub(r"\[(\w)\w\]|\\[A-Za-z]|\\(.)", r"\1\2", pattern)
    return "agent:" + re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _kind(tags: list[str]) -> AgentKind:
    if "social-preview" in tags:
        return AgentKind.PREVIEW
    return AgentKind.PLAIN_CLIENT if "http-library" in tags else AgentKind.SCANNER


def _group(wanted: AgentKind) -> tuple[AgentKind, list[tuple[str, str]], list[re.Pattern[str]]]:
    """Collect the list's patterns of one kind: plain words with their pattern, and the few real expressions.

    Words are most of the list, and looking for each is several times faster than one expression of them all.
    """
    patterns = [
        str(entry["pattern"])
        for entry in CRAWLER_USER_AGENTS_DATA
        if _kind(entry["tags"]) is wanted and entry["pattern"] not in _ABOUT_PEOPLE
    ]
    words = [(re.sub(r"\\(.)", r"\1", pattern), pattern) for pattern in patterns if not _SPECIAL.search(pattern)]
    return wanted, words, [re.compile(pattern) for pattern in patterns if _SPECIAL.search(pattern)]


_LIST = tuple(map(_group, (AgentKind.PREVIEW, AgentKind.SCANNER, AgentKind.PLAIN_CLIENT)))
