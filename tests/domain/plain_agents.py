"""What `recognise` means, written down plainly: each rule tried in turn, none of them quick.

The tests hold the quick way against it. Whoever changes a rule changes it here as well.
"""

from __future__ import annotations

import re

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

_WHOLE = {
    "Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:24.0) Gecko/20100101 Firefox/24.0": ("PREVIEW", "samsung-messages"),
    "": ("PLAIN_CLIENT", "agent:empty"),
    "node": ("PLAIN_CLIENT", "agent:node"),
    "undici": ("PLAIN_CLIENT", "agent:undici"),
}
_PARTS = (
    (("facebookexternalhit", "Twitterbot"), ("PREVIEW", "apple-messages")),
    (("Google-PageRenderer",), ("PREVIEW", "google-pagerenderer")),
    (("Google-Read-Aloud",), ("PREVIEW", "google-read-aloud")),
    (("Google-Safety",), ("SCANNER", "google-safety")),
    (("ms-office",), ("SCANNER", "ms-office")),
    (("Barracuda Sentinel",), ("SCANNER", "barracuda-sentinel")),
)
_PHONE_FETCHERS = (
    (re.compile(r"^Dalvik/"), ("PREVIEW", "agent:dalvik")),
    (re.compile(r"^(?!Mozilla/).*\bCFNetwork/"), ("PREVIEW", "agent:cfnetwork")),
)
_BROWSER = re.compile(r"^(?:Mozilla/[1-9]\.[0-9]+ \(|Opera/[1-9])")
_COMPATIBLE = re.compile(
    r"^Mozilla/[0-9.]+ \(compatible; (?!MSIE |Konqueror/|Opera[ /]|NetFront/|iCab|OmniWeb/|Dillo|Galeon)"
)
_OLD_PHONE = re.compile(r"^(?:DoCoMo|KDDI-|SoftBank|Vodafone|J-PHONE|Nokia|BlackBerry|UCWEB|SAMSUNG-|LG-|MOT-)")
_PHONE_BROWSER = re.compile(r"^Mozilla/5\.0 \((?:iPhone|iPad|iPod|Linux; (?:U; )?Android)[^)]*\) AppleWebKit/")

_ABOUT_PEOPLE = {r"AP3A\.240617\.008", "MetaIAB Facebook"}
_APPS = {
    *(r"Bluesky\/", "Feedly", "Goodreads", "Hatena", "Mastodon", r"Notion\/", "Synapse", r"Tumblr\/", "Viber"),
    "WhatsApp",
}
_SPECIAL = re.compile(r"\\[A-Za-z]|(?<!\\)[\[\](){}*+?|^$.]")
_PAGE = re.compile(r"\+https?://", re.IGNORECASE)
_LIBRARY_PAGE = re.compile(r"\+https?://(?:www\.)?github\.com/", re.IGNORECASE)
_ROBOT = re.compile(
    r"""(?ax)
    (?: (?<!cu)(?<!\bm[ _-])(?<!power[ _-]) bot (?![ _-](?:tab|senior|junior|5[0-9])(?![a-z]))
      | crawler | spider | scraper | scrap | fetcher
      | (?<!smart)(?<!smart[ _-]) monitor
      | (?<!qr)(?<!qr[ _-])(?<!code)(?<!code[ _-]) scanner
    ) (?![a-z])""",
    re.IGNORECASE,
)
_PREVIEW = re.compile(r"(?ai)(?<![a-z])([a-z]*)([ _-]?)preview(er)?(?![a-z])")
_SCRAP = re.compile(
    r"(?ai)(?:discord|kakao|line|messenger|slack|snapchat|telegram|viber|wechat|whatsapp)(?:app|bot|talk)?[ _-]scrap"
)
_LINK_WORDS = ("card", "link", "page", "site", "uri", "url", "web")
_BUILD_WORDS = (
    *("android", "brave", "browser", "build", "canary", "chrome", "chromium", "dev", "developer", "edg", "edge"),
    *("firefox", "insider", "ios", "macos", "opera", "os", "public", "safari", "tech", "technology", "vivaldi"),
    *("webkit", "windows"),
)
_DEVICE = re.compile(r"(?:Mozilla/5\.0|UCWEB/2\.0) \((?!compatible)(?=[^)]*(?:Android|Adr ))[^)]*")
_BROWSERS = ("Mozilla/", "Opera/")


def recognise_plainly(agent: str) -> tuple[str, str]:
    """Say what sort of program a user agent is, and the name of the rule that knew it."""
    agent = agent[:512].strip()
    if agent in _WHOLE:
        return _WHOLE[agent]
    for parts, found in _PARTS:
        if all(part in agent for part in parts):
            return found
    listed = _from_list(agent)
    if listed and listed[0] != "PLAIN_CLIENT":
        return listed
    return _by_own_words(agent, is_library=listed is not None) or listed or _by_beginning(agent)


def _from_list(agent: str) -> tuple[str, str] | None:
    """Try each pattern: kind by kind, the plain words of a kind before its expressions."""
    skipped = _APPS if _PHONE_BROWSER.search(agent) else set()
    for kind, pattern, expression in _LIST:
        if pattern not in skipped and expression.search(agent):
            return kind, _rule(pattern)
    return None


def _rule(pattern: str) -> str:
    words = re.sub(r"\[(\w)\w\]|\\[A-Za-z]|\\(.)", r"\1\2", pattern)
    return "agent:" + re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def _kind(tags: list[str]) -> str:
    if "social-preview" in tags:
        return "PREVIEW"
    return "PLAIN_CLIENT" if "http-library" in tags else "SCANNER"


_LIST = [
    (kind, str(entry["pattern"]), re.compile(entry["pattern"]))
    for kind in ("PREVIEW", "SCANNER", "PLAIN_CLIENT")
    for is_expression in (False, True)
    for entry in CRAWLER_USER_AGENTS_DATA
    if _kind(entry["tags"]) == kind
    and (_SPECIAL.search(entry["pattern"]) is not None) is is_expression
    and entry["pattern"] not in _ABOUT_PEOPLE
]


def _by_own_words(agent: str, *, is_library: bool) -> tuple[str, str] | None:
    words = _without_device(agent)
    if _SCRAP.search(words) or any(
        _draws_cards(*match.groups(), browser=agent.startswith(_BROWSERS)) for match in _PREVIEW.finditer(words)
    ):
        return "PREVIEW", "says-preview"
    if _ROBOT.search(words):
        return "SCANNER", "says-robot"
    names_its_page = _PAGE.search(agent) and not (is_library and _LIBRARY_PAGE.search(agent))
    return ("SCANNER", "names-its-page") if names_its_page else None


def _draws_cards(word: str, gap: str, previewer: str | None, *, browser: bool) -> bool:
    lower = word.lower()
    if previewer or lower.endswith(_LINK_WORDS):
        return True
    return not lower.endswith(_BUILD_WORDS) and (not browser or (lower != "" and gap != " "))


def _without_device(agent: str) -> str:
    match = _DEVICE.match(agent)
    return agent[match.end() :] if match else agent


def _by_beginning(agent: str) -> tuple[str, str]:
    for fetcher, found in _PHONE_FETCHERS:
        if fetcher.search(agent):
            return found
    if _COMPATIBLE.search(agent):
        return "SCANNER", "says-compatible"
    if _BROWSER.search(agent):
        return "BROWSER", "browser"
    return ("BROWSER", "old-phone") if _OLD_PHONE.search(agent) else ("PLAIN_CLIENT", "agent:other")
