"""How far the path, query and fragment of a URL reach when they hold letters beyond ASCII, written as they are read.

Browsers show `https://ja.wikipedia.org/wiki/日本` and copy it so. Most scripts put spaces between words, so their
letters belong to the URL. Chinese, Japanese and Korean text is glued to a URL as often as it is part of it: there
the character before decides.
"""

from __future__ import annotations

import re
import unicodedata

_ALLOWED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%"
)  # RFC 3986
_ALLOWED_RUN = re.compile(f"[{re.escape(''.join(sorted(_ALLOWED)))}]*")
_TOLERATED = frozenset("|^{}")  # not in RFC 3986, but browsers take them: `?family=A|B`, `?id={42}`
_GOES_ON = _ALLOWED - frozenset(".,;:!'()[]")  # what is no mark around a URL
_SEGMENT_ENDS = frozenset("/?#&=")
_DELIMITERS = frozenset("/?#&=-_.+~%:,@$")
_JOINERS = frozenset("\u200c\u200d")  # stand inside words of Persian and of Indian scripts
# Kanji, kana, hangul, bopomofo, full-width forms and what is written among them: ①, Ⅳ, variation selectors.
_CJK = re.compile(
    r"[\u1100-\u11ff\u2000-\u2bff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe00-\ufe0f\uff00-\uffef"
    r"\U0001aff0-\U0001b16f\U0001f100-\U0001f1ff\U00020000-\U0003ffff\U000e0100-\U000e01ef]"
)


def path_end(text: str, start: int, end: int) -> int:
    """Find where the URL ends whose path, query or fragment begins at `start`, before `end` at the latest.

    Letters, digits and marks of all scripts belong to it, but a run of CJK letters only behind a delimiter
    (`/検索`, `?q=東京`) or in a segment that has letters beyond ASCII already (`/東京2020大会`). Behind ASCII
    letters or digits (`/pageをご覧`) and behind a closing bracket it is text. `|`, `^` and `{` belong to it where
    it goes on right behind them, and `}` where it closes one. All other characters end the URL, CJK and full-width
    punctuation among them.
    """
    run = _ALLOWED_RUN.match(text, start, end)
    plain_end = run.end() if run else start  # where most URLs end
    international = False  # whether the segment has letters beyond ASCII
    opened = 0  # braces that are not closed yet
    for place in range(plain_end, end):
        character = text[place]
        if character in _ALLOWED or (character in _TOLERATED and _goes_on(text, place, end, opened=opened)):
            opened += (character == "{") - (character == "}")
            international = international and character not in _SEGMENT_ENDS
        elif _is_letter(character):
            if _CJK.match(character) and not _may_begin(text, start, place, international):
                return place
            international = True
        elif not (international and _joins(text, place, end)):
            return place
    return end


def _goes_on(text: str, place: int, end: int, *, opened: int) -> bool:
    """Whether the URL goes on with a mark that is none of RFC 3986, behind which no other URL begins."""
    if text[place] == "}":
        return opened > 0
    behind = text[place + 1 : min(end, place + 9)]
    if not behind or behind.lower().startswith(("http://", "https://")):
        return False
    in_braces = text[place] == "{" and behind[0] in "{}"
    return in_braces or behind[0] in _GOES_ON or (_is_letter(behind[0]) and not _CJK.match(behind))


def _is_letter(character: str) -> bool:
    """Whether it is a letter, a digit or a combining mark beyond ASCII."""
    return not character.isascii() and unicodedata.category(character)[0] in "LNM"


def _may_begin(text: str, start: int, place: int, international: bool) -> bool:
    """Whether a CJK letter at `place` is part of the URL, by what stands before it."""
    before = text[place - 1] if place > start else ""
    if before == "(":  # `/AIR_(曖昧さ回避)`, but not `/page(公式)`
        return international or text[place - 2] in _DELIMITERS
    if before.isalnum() and before.isascii():
        return international
    return before in _DELIMITERS or not before.isascii()


def _joins(text: str, place: int, end: int) -> bool:
    """Whether an invisible joiner stands between two letters of one word."""
    return text[place] in _JOINERS and _is_letter(text[place - 1]) and place + 1 < end and _is_letter(text[place + 1])
