"""What a door answers to those who open short links: one text for every door, so that they cannot differ.

The redirect, and the small pages that people see on their phones when a short link leads nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import NamedTuple
from urllib.parse import urlsplit

RETRY_SECONDS = 5  # what we ask for while the store is away
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinkAnswer:
    """An answer but for what changes from request to request; each is made once, and compared by identity."""

    status: int
    headers: Headers
    body: bytes = b""


class Words(NamedTuple):
    """A page's heading and sentence."""

    title: str
    text: str


_WORDS: dict[str, dict[int, Words]] = {
    "en": {
        404: Words("Link not found", "There is no such link. Please check that it was copied in full."),
        405: Words("Not possible", "A short link can only be opened."),
        410: Words("Link expired", "This link is no longer valid. Please ask the sender for a new one."),
        429: Words("Too many attempts", "Too many unknown links were opened from here. Please try again in a moment."),
        500: Words("Something went wrong", "The link could not be opened. Please try again later, or ask the sender."),
        503: Words("One moment, please", "The link cannot be opened right now. This page tries again by itself."),
    },
    "ja": {
        404: Words("リンクが見つかりません", "URLが最後まで正しく入力されているか、ご確認ください。"),
        405: Words("ご利用いただけません", "短縮リンクは開くことだけができます。"),
        410: Words("リンクの有効期限切れ", "このリンクは無効になりました。送信元にお問い合わせください。"),
        429: Words("アクセスが多すぎます", "しばらくしてからもう一度お試しください。"),
        500: Words(
            "エラーが発生しました",
            "リンクを開けませんでした。後でもう一度お試しになるか、送信元にお問い合わせください。",
        ),
        503: Words("少々お待ちください", "現在リンクを開けません。このページは自動的に再試行します。"),
    },
}
_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  font: 1.0625rem/1.6 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 26rem; padding: 2rem 1.5rem; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.3; }
p { margin: 0; }
.home a { display: inline-block; margin-top: .5rem; padding: .5rem 0; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{again}<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{text}</p>
{home}</main>
</body>
</html>"""

_ALWAYS: Headers = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cache-Control", "no-store"),  # a cached redirect would hide later clicks
)
_BARE: Headers = (*_ALWAYS, ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"))
_OF_LINKS: Headers = (
    ("Referrer-Policy", "no-referrer"),  # the code in our address is nobody else's business
    ("X-Robots-Tag", "noindex"),
)
_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'"

REDIRECT = LinkAnswer(status=302, headers=_BARE + _OF_LINKS)  # Location comes with each
NO_ICON = LinkAnswer(status=204, headers=_BARE)
ROBOTS = LinkAnswer(status=200, headers=(_TEXT, *_BARE), body=b"User-agent: *\nDisallow: /\n")  # crawlers, stay away
ALIVE = LinkAnswer(status=200, headers=(("Content-Type", "application/json"), *_BARE), body=b'{"status": "ok"}')
METHODS = LinkAnswer(status=200, headers=(("Allow", "GET, HEAD, OPTIONS"), *_BARE))


def link_page(status: int, accept_language: str, home: str | None) -> LinkAnswer:
    """Give the page for a status, in Japanese where the browser prefers it and in English elsewhere.

    It leads on to `home`, the site of whoever sends, so that nobody has to guess whose link it was.
    """
    return _page(status, "ja" if _prefers_japanese(accept_language) else "en", home)


@cache
def _page(status: int, language: str, home: str | None) -> LinkAnswer:
    words = _WORDS[language].get(status, _WORDS[language][500])
    # Browsers pay no heed to Retry-After: without this, a person whom a busy moment turned away would stay away.
    again = f'<meta http-equiv="refresh" content="{RETRY_SECONDS}">\n' if status == 503 else ""
    title, text = escape(words.title), escape(words.text)
    leading_on = f'<p class="home"><a href="{escape(home)}">{escape(urlsplit(home).netloc)}</a></p>\n' if home else ""
    body = _PAGE.format(language=language, title=title, text=text, again=again, style=_STYLE, home=leading_on)
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        *_ALWAYS,
        ("Content-Security-Policy", _POLICY),
        ("Vary", "Accept-Language"),
        *_OF_LINKS,
    )
    return LinkAnswer(status=status, headers=headers, body=body.encode())


_RANGE = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q\s*=\s*([0-9.]{1,5})\s*)?")


def _prefers_japanese(accept_language: str) -> bool:
    """Read the header of that name; of two that are liked as well, the one that stands first."""
    if "ja" not in accept_language.lower():
        return False
    best = {"ja": 0.0, "en": 0.0}
    first = "en"
    for part in accept_language[:256].split(","):
        match = _RANGE.fullmatch(part)
        if match is None or match[1].lower() not in best:
            continue
        language, quality = match[1].lower(), _quality(match[2])
        if quality > max(best.values()):
            first = language
        best[language] = max(best[language], quality)
    return best["ja"] > best["en"] or (best["ja"] == best["en"] > 0 and first == "ja")


def _quality(written: str | None) -> float:
    try:
        return min(1.0, float(written)) if written is not None else 1.0
    except ValueError:
        return 0.0
