"""Recognise user agents: browsers, link previews, scanners and plain HTTP clients.

Exact rules for the agents that spoil SMS statistics come first: the pattern list does not know them all, and the
worst two pose as desktop browsers. Then comes the list of the `crawler-user-agents` project, then the words by
which other robots introduce themselves. What none of these knows and what begins as browsers do is taken for a
person.

Strangers write the agents, so nothing here may take longer than a glance, whatever they say: each expression looks at
a character a few times at most.
"""

from __future__ import annotations

import re

from shortlink.domain.agent_kind import AgentKind as AgentKind
from shortlink.domain.listed_agents import find_listed
from shortlink.domain.robot_words import OwnWords, names_its_page

MAX_LENGTH = 512  # characters looked at; the longest real agents have about 400

SAMSUNG_MESSAGES = "Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:24.0) Gecko/20100101 Firefox/24.0"
_WHOLE = {
    SAMSUNG_MESSAGES: (AgentKind.PREVIEW, "samsung-messages"),
    "": (AgentKind.PLAIN_CLIENT, "agent:empty"),
    "node": (AgentKind.PLAIN_CLIENT, "agent:node"),
    "undici": (AgentKind.PLAIN_CLIENT, "agent:undici"),
}
_PARTS = (
    # Apple Messages claims to be two previewers at once, from the reader's own address.
    ("facebookexternalhit", "Twitterbot", (AgentKind.PREVIEW, "apple-messages")),
    ("Google-PageRenderer", "", (AgentKind.PREVIEW, "google-pagerenderer")),
    ("Google-Read-Aloud", "", (AgentKind.PREVIEW, "google-read-aloud")),
    ("Google-Safety", "", (AgentKind.SCANNER, "google-safety")),
    # Word and Outlook on a desk ask by themselves where a link leads, before a browser opens it.
    ("ms-office", "", (AgentKind.SCANNER, "ms-office")),
    ("Barracuda Sentinel", "", (AgentKind.SCANNER, "barracuda-sentinel")),
)
# What apps on phones send when they fetch something by themselves; nobody reads a page through these.
_DALVIK = (AgentKind.PREVIEW, "agent:dalvik")
_CFNETWORK = (AgentKind.PREVIEW, "agent:cfnetwork")
_APPLE_FETCHER = re.compile(r"(?!Mozilla/).*\bCFNetwork/")
_BROWSER = re.compile(r"Mozilla/[1-9]\.[0-9]+ \(|Opera/[1-9]")
# Old browsers said what they were compatible with; who says so today and is none of them is a program.
_COMPATIBLE = re.compile(
    r"Mozilla/[0-9.]+ \(compatible; (?!MSIE |Konqueror/|Opera[ /]|NetFront/|iCab|OmniWeb/|Dillo|Galeon)"
)
# Phones from before smartphones, still seen in Japan, do not pretend to be Mozilla.
_OLD_PHONES = (
    *("DoCoMo", "KDDI-", "SoftBank", "Vodafone", "J-PHONE", "Nokia", "BlackBerry", "UCWEB", "SAMSUNG-", "LG-", "MOT-"),
)


def recognise(agent: str) -> tuple[AgentKind, str]:
    """Say what sort of program a user agent is, and the name of the rule that knew it."""
    agent = agent[:MAX_LENGTH].strip()
    if agent in _WHOLE:
        return _WHOLE[agent]
    for part, other, found in _PARTS:
        if part in agent and other in agent:
            return found
    listed = find_listed(agent)
    if listed and listed[0] is not AgentKind.PLAIN_CLIENT:
        return listed
    return _by_own_words(agent, is_library=listed is not None) or listed or _by_beginning(agent)


def _by_own_words(agent: str, *, is_library: bool) -> tuple[AgentKind, str] | None:
    words = OwnWords(agent)
    if words.name_a_previewer():
        return AgentKind.PREVIEW, "says-preview"
    if words.name_a_robot():
        return AgentKind.SCANNER, "says-robot"
    return (AgentKind.SCANNER, "names-its-page") if names_its_page(agent, is_library=is_library) else None


def _by_beginning(agent: str) -> tuple[AgentKind, str]:
    if agent.startswith("Dalvik/"):
        return _DALVIK
    if _APPLE_FETCHER.match(agent):
        return _CFNETWORK
    if _COMPATIBLE.match(agent):
        return AgentKind.SCANNER, "says-compatible"
    if _BROWSER.match(agent):
        return AgentKind.BROWSER, "browser"
    if agent.startswith(_OLD_PHONES):
        return AgentKind.BROWSER, "old-phone"
    return AgentKind.PLAIN_CLIENT, "agent:other"
