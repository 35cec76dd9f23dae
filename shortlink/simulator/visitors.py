"""Who may tap a link: the exact headers of a person, of the previews on phones, of a scanner and of curl."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shortlink.simulator.outgoing import ConnectionFailed, request
from shortlink.simulator.sms import Tap


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Somebody, or something, that follows links in messages."""

    name: str
    title: str
    headers: Mapping[str, str]


_HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/56.0.2924.87 Safari/537.36"

_VISITORS = (
    Visitor(
        name="person",
        title="a person",
        headers={
            "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
            "Accept": _HTML,
            "Accept-Language": "ja-JP,ja;q=0.9",
            "Accept-Encoding": "gzip, deflate, br",
            "Sec-Fetch-Site": "none",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
        },
    ),
    Visitor(
        name="iphone-preview",
        title="iPhone preview",
        headers={
            "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko)"
            " Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
            "Accept": _HTML,
            "Accept-Language": "ja-JP,ja;q=0.9",
            "Accept-Encoding": "gzip, deflate",
        },
    ),
    Visitor(
        name="samsung-preview",
        title="Samsung preview",
        headers={
            "User-Agent": "Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:24.0) Gecko/20100101 Firefox/24.0",
            "Accept-Encoding": "gzip",
        },
    ),
    Visitor(
        name="google-preview",
        title="Google preview",
        headers={
            "User-Agent": f"{_CHROME} Google-PageRenderer Google (+https://developers.google.com/+/web/snippet/)",
            "Accept": _HTML,
            "Accept-Encoding": "gzip, deflate",
        },
    ),
    Visitor(
        name="scanner",
        title="security scanner",
        headers={"User-Agent": "Barracuda Sentinel (EE)", "Accept": "*/*"},
    ),
    Visitor(name="curl", title="curl", headers={"User-Agent": "curl/8.14.1", "Accept": "*/*"}),
)
VISITORS: Mapping[str, Visitor] = {visitor.name: visitor for visitor in _VISITORS}


def tap(sid: str, url: str, visitor: Visitor, now: int) -> Tap:
    """Fetch a link as this visitor would, without following where it leads."""
    try:
        answer = request("GET", url, headers=visitor.headers)
    except ConnectionFailed as error:
        return Tap(sid=sid, at=now, visitor=visitor.name, url=url, error=str(error))
    return Tap(sid=sid, at=now, visitor=visitor.name, url=url, status=answer.status, location=answer.location)
