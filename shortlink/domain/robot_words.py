"""Recognise robots that no list knows yet by how they introduce themselves.

People who run a robot call it one, or name a page about it: `AcmeBot/1.0 (+https://acme.example/bot)`. Phones and
browsers have such words in their names too, and a person taken for a robot is lost to the count.
"""

from __future__ import annotations

import re
from functools import cached_property

_PAGE = re.compile(r"\+https?://", re.IGNORECASE)
_LIBRARY_PAGE = re.compile(r"\+https?://(?:www\.)?github\.com/", re.IGNORECASE)
# Most agents hold none of these, and are spared the expressions. Each expression begins with what is seldom, and looks
# back from there: it passes over the rest without a stop.
_ROBOT_WORDS = (b"bot", b"crawler", b"spider", b"scrap", b"fetcher", b"monitor", b"scanner")
# Cubot, M Bot and Power Bot make phones; what scans QR codes and bar codes is in somebody's hand.
_ROBOT = re.compile(
    rb"""(?x)
    (?: bot (?![a-z]) (?<!cubot) (?<!\bm[ _-]bot) (?<!power[ _-]bot) (?![ _-](?:tab|senior|junior|5[0-9])(?![a-z]))
      | crawler | spider | scraper | scrap | fetcher
      | monitor (?![a-z]) (?<!smartmonitor) (?<!smart[ _-]monitor)
      | scanner (?![a-z]) (?<!qrscanner) (?<!qr[ _-]scanner) (?<!codescanner) (?<!code[ _-]scanner)
    ) (?![a-z])"""
)
_PREVIEW = re.compile(rb"preview(?:er)?(?![a-z])")
# The word before it is the one that it ends, or the one in front of a gap.
_CALLED_PREVIEW = re.compile(rb"(?<![a-z])([a-z]*+)(?:([ _-])preview(er)?(?![a-z])|(?<=preview)|(?<=preview(er)))")
_CHAT_SCRAP = re.compile(
    rb"(?:discord|kakao|line|messenger|slack|snapchat|telegram|viber|wechat|whatsapp)(?:app|bot|talk)?[ _-]scrap"
)
_LINK_WORDS = (b"card", b"link", b"page", b"site", b"uri", b"url", b"web")
# Browsers and systems have previews too, which people use: Safari Technology Preview, Edge Preview.
_BUILD_WORDS = (
    *(b"android", b"brave", b"browser", b"build", b"canary", b"chrome", b"chromium", b"dev", b"developer", b"edg"),
    *(b"edge", b"firefox", b"insider", b"ios", b"macos", b"opera", b"os", b"public", b"safari", b"tech"),
    *(b"technology", b"vivaldi", b"webkit", b"windows"),
)
_DEVICE = re.compile(r"(?:Mozilla/5\.0|UCWEB/2\.0) \((?!compatible)(?=[^)]*(?:Android|Adr ))[^)]*")
_BROWSERS = ("Mozilla/", "Opera/")


class OwnWords:
    """The words of an agent, in small letters; what is not ASCII is a question mark, which is no part of a word."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._all = agent.encode("ascii", "replace").lower()

    def name_a_previewer(self) -> bool:
        """Whether an agent calls itself a link preview, or the scraper of a chat app."""
        if b"scrap" in self._all and _CHAT_SCRAP.search(self._without_device):
            return True
        if b"preview" not in self._all or not _PREVIEW.search(self._all):
            return False
        browser = self._agent.startswith(_BROWSERS)
        return any(_draws_cards(found, browser=browser) for found in _CALLED_PREVIEW.finditer(self._without_device))

    def name_a_robot(self) -> bool:
        """Whether an agent calls itself a bot, crawler, monitor or the like."""
        return any(word in self._all for word in _ROBOT_WORDS) and _ROBOT.search(self._without_device) is not None

    @cached_property
    def _without_device(self) -> bytes:
        """Leave out the model of an Android phone, which may have any name."""
        match = _DEVICE.match(self._agent)
        return self._all[match.end() :] if match else self._all


def names_its_page(agent: str, *, is_library: bool) -> bool:
    """Whether an agent names a page about itself, as only robots do; HTTP libraries name their own on GitHub."""
    return "://" in agent and _PAGE.search(agent) is not None and not (is_library and _LIBRARY_PAGE.search(agent))


def _draws_cards(found: re.Match[bytes], *, browser: bool) -> bool:
    """Judge one `preview` by the word before it: in a browser's agent, it may be the build that somebody tries."""
    word, gap, previewer, ends_previewer = found.groups()
    if previewer or ends_previewer:
        return True
    word = word if gap else word.removesuffix(b"preview")
    if word.endswith(_LINK_WORDS):
        return True
    return not word.endswith(_BUILD_WORDS) and (not browser or (word != b"" and gap != b" "))
