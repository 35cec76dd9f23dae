"""The pages of both doors for links that lead nowhere: small, whole, in two languages, and telling nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message
from shortlink.use_cases import follow_link
from tests.factories import MINT
from tests.redirect.conftest import OF_EACH, WireDoor


def test_page_of_an_expired_link_is_410(
    door: WireDoor, tracked: Message, expire: Callable[[str], None], link_of: Callable[[], ShortLink]
) -> None:
    expire(tracked.code)
    answer = door.ask(f"/{tracked.code}")
    assert answer.status == 410
    assert "expired" in answer.text
    assert link_of().clicks == 0
    dead = link_of().dead_taps
    assert dead is not None
    assert dead.count == 1, "the store is asked once"


def test_a_fault_of_ours_is_a_page_in_both_doors(
    door: WireDoor, tracked: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(follow_link, "judge", fail)
    answer = door.ask(f"/{tracked.code}", Accept_Language="ja")
    assert (answer.status, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert '<html lang="ja">' in answer.text
    assert "secret detail" not in answer.text


def test_page_of_an_unknown_code_is_404(door: WireDoor) -> None:
    answer = door.ask(f"/{MINT.draw()}")
    assert answer.status == 404
    assert "not found" in answer.text


def test_expired_and_unknown_differ_in_words_alone(
    door: WireDoor, tracked: Message, expire: Callable[[str], None]
) -> None:
    expire(tracked.code)
    answers = [door.ask(f"/{code}") for code in (tracked.code, MINT.draw())]
    gone, unknown = (
        {name: value for name, value in answer.headers.items() if name not in OF_EACH | {"content-length"}}
        for answer in answers
    )
    assert gone == unknown


def test_pages_are_whole_small_and_need_nothing_from_elsewhere(door: WireDoor) -> None:
    answer = door.ask(f"/{MINT.draw()}")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith('<!doctype html>\n<html lang="en">')
    assert "width=device-width" in answer.text
    assert "light dark" in answer.text
    assert len(answer.body) < 2000
    assert not {"http:", "https:", "src=", "url(", "<script"} & set(answer.text.split())
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_style_is_the_one_that_the_policy_allows(door: WireDoor) -> None:
    answer = door.ask(f"/{MINT.draw()}")
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("languages", "language"),
    [
        ("ja-JP,ja;q=0.9,en;q=0.5", "ja"),
        ("ja", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("ja;q=0.5, en-GB ; q=0.7", "en"),
        ("fr, ja;q=0.3", "ja"),
        ("ja, en", "ja"),
        ("en, ja", "en"),
        ("ja;q=0", "en"),
        ("ja;q=x", "en"),
        ("fr", "en"),
        ("", "en"),
    ],
)
def test_page_speaks_japanese_where_the_browser_prefers_it(door: WireDoor, languages: str, language: str) -> None:
    answer = door.ask(f"/{MINT.draw()}", Accept_Language=languages)
    assert f'<html lang="{language}">' in answer.text
    assert answer.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(
    "path", ["/", "/short", "/nonexistent", "/a/b", "//abcdefghj", "/%3Cscript%3E", "/%00", "/%ff", "/" + "a" * 3000]
)
def test_what_is_no_code_is_a_page_that_repeats_nothing_of_it(own: WireDoor, path: str) -> None:
    answer = own.ask(path)
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<script>" not in answer.text


def test_pages_of_dead_links_lead_to_whose_they_were(
    open_door: Callable[..., Any], tracked: Message, expire: Callable[[str], None]
) -> None:
    expire(tracked.code)
    with open_door(link_home_url="https://shop.test/hello") as door:
        pages = [door.ask(path) for path in (f"/{tracked.code}", f"/{MINT.draw()}")]
    assert [page.status for page in pages] == [410, 404]
    assert all('<a href="https://shop.test/hello">shop.test</a>' in page.text for page in pages)


def test_the_bare_short_domain_leads_to_whose_it_is(open_door: Callable[..., Any]) -> None:
    with open_door(link_home_url="https://shop.test/hello") as door:
        for method in ("GET", "HEAD"):
            bare = door.ask("/", method=method, Host="sl.test")
            assert (bare.status, bare.headers["location"], bare.body) == (302, "https://shop.test/hello", b"")
        assert door.ask("/", method="POST", Host="sl.test", Content_Length="0").status in (404, 405)


def test_the_bare_short_domain_of_nobody_in_particular_is_404(open_door: Callable[..., Any]) -> None:
    with open_door() as door:
        bare = door.ask("/", Host="sl.test", Accept="text/html")
    assert (bare.status, "Link not found" in bare.text) == (404, True)


def test_without_a_home_pages_lead_nowhere(door: WireDoor) -> None:
    assert "<a" not in door.ask(f"/{MINT.draw()}").text


def test_store_away_is_a_503_page_that_says_when_to_return(open_door: Callable[..., Any]) -> None:
    with open_door(redis_url="unix:///nonexistent/valkey.sock") as door:
        answer = door.ask(f"/{MINT.draw()}")
        assert (answer.status, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
        wait = int(answer.headers["retry-after"])
        assert wait > 0
        assert f'<meta http-equiv="refresh" content="{wait}">' in answer.text, "a browser heeds no Retry-After"
        assert answer.headers["cache-control"] == "no-store"
        for path in ("/robots.txt", "/favicon.ico", "/healthz"):
            assert door.ask(path).status in {200, 204}, "nothing else asks the store"
