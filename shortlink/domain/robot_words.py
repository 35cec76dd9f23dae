"""Recognise robots that no list knows yet by how they introduce themselves.

People who run a robot call it one, or name a page about it: `AcmeBot/1.0 (+https://acme.example/bot)`. Phones and
browsers have such words in their names too, and a person taken for a robot is lost to the count.
"""

from __future__ import annotations

import re

_PAGE = re.compile(r"\+https?://", re.IGNORECASE)
_LIBRARY_PAGE = re.compile(r"\+https?://(?:www\.)?github\.com/", re.IGNORECASE)
# Cubot, M Bot and Power Bot make phones; what scans QR codes and bar codes is in somebody's hand.
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
# Browsers and systems have previews too, which people use: Safari Technology Preview, Edge Preview.
_BUILD_WORDS = (
    *("android", "brave", "browser", "build", "canary", "chrome", "chromium", "dev", "developer", "edg", "edge"),
    *("firefox", "insider", "ios", "macos", "opera", "os", "public", "safari", "tech", "technology", "vivaldi"),
    *("webkit", "windows"),
)
_DEVICE = re.compile(r"(?:Mozilla/5\.0|UCWEB/2\.0) \((?!compatible)(?=[^)]*(?:Android|Adr ))[^)]*")
_BROWSERS = ("Mozilla/", "Opera/")


def is_previewer(agent: str) -> bool:
    """Whether an agent calls itself a link preview, or the scraper of a chat app."""
    browser = agent.startswith(_BROWSERS)
    words = _without_device(agent)
    return _SCRAP.search(words) is not None or any(
        _draws_cards(*match.groups(), browser=browser) for match in _PREVIEW.finditer(words)
    )


def is_robot(agent: str) -> bool:
    """Whether an agent calls itself a bot, crawler, monitor or the like."""
    return _ROBOT.search(_without_device(agent)) is not None


def names_its_page(agent: str, *, is_library: bool) -> bool:
    """Whether an agent names a page about itself, as only robots do; HTTP libraries name their own on GitHub."""
    return _PAGE.search(agent) is not None and not (is_library and _LIBRARY_PAGE.search(agent))


def _draws_cards(word: str, gap: str, previewer: str | None, *, browser: bool) -> bool:
    """Judge one `preview` by the word before it: in a browser's agent, it may be the build that somebody tries."""
    lower = word.lower()
    if previewer or lower.endswith(_LINK_WORDS):
        return True
    return not lower.endswith(_BUILD_WORDS) and (not browser or (lower != "" and gap != " "))


def _without_device(agent: str) -> str:
    """Leave out the model of an Android phone, which may have any name."""
    match = _DEVICE.match(agent)
    return agent[match.end() :] if match else agent
