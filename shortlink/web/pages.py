"""The small pages that people see on their phones when a short link leads nowhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from flask import Response, render_template, request

LINK_HEADERS = {
    "Cache-Control": "no-store",  # a cached redirect would hide later clicks
    "Referrer-Policy": "no-referrer",  # the code in our address is nobody else's business
    "X-Robots-Tag": "noindex",
}


class Words(NamedTuple):
    """A page's heading and sentence."""

    title: str
    text: str


_WORDS: dict[str, dict[int, Words]] = {
    "en": {
        404: Words("Link not found", "There is no such link. Please check that it was copied in full."),
        405: Words("Not possible", "A short link can only be opened."),
        410: Words("Link expired", "This link is no longer valid. Please ask the sender for a new one."),
        429: Words("Too many attempts", "Too many unknown links were opened from here. Please try again in a minute."),
        500: Words("Something went wrong", "The link could not be opened. Please try again later."),
        503: Words("Please try again", "The link cannot be opened right now. Please try again in a moment."),
    },
    "ja": {
        404: Words("リンクが見つかりません", "URLが最後まで正しく入力されているか、ご確認ください。"),
        405: Words("ご利用いただけません", "短縮リンクは開くことだけができます。"),
        410: Words("リンクの有効期限切れ", "このリンクは無効になりました。送信元にお問い合わせください。"),
        429: Words("アクセスが多すぎます", "しばらくしてからもう一度お試しください。"),
        500: Words("エラーが発生しました", "リンクを開けませんでした。しばらくしてからもう一度お試しください。"),
        503: Words("もう一度お試しください", "現在リンクを開けません。少し時間をおいてからもう一度お試しください。"),
    },
}

STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  font: 1.0625rem/1.6 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 26rem; padding: 2rem 1.5rem; }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.3; }
p { margin: 0; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_PAGE_HEADERS = LINK_HEADERS | {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'",
    "Vary": "Accept-Language",
}


def link_page(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Write the page for a status, in Japanese where the browser prefers it and in English elsewhere."""
    language = request.accept_languages.best_match(_WORDS, default="en")
    words = _WORDS[language].get(status, _WORDS[language][500])
    body = render_template("link_page.html", language=language, words=words, style=STYLE)
    return Response(body, status, headers={**_PAGE_HEADERS, **(headers or {})})
