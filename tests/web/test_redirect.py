"""Short links at both doors: redirects, pages, and who counts as a person."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shortlink.bootstrap import Services, build
from shortlink.config import Settings
from shortlink.domain.callback import CallbackKind
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message
from shortlink.web.app import create_app, create_link_app
from tests.factories import MINT
from tests.web.conftest import PHONE, PROBLEM, Caller

APPLE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
    "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
SAMSUNG = "Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:24.0) Gecko/20100101 Firefox/24.0"
TARGET = "https://shop.test/sale?a=1"


def tap(door: FlaskClient, code: str, agent: str = PHONE, **headers: str) -> TestResponse:
    return door.get(f"/{code}", headers={"User-Agent": agent} | headers)


@pytest.fixture
def link_of(services: Services, tracked: Message) -> Callable[[], ShortLink]:
    """Read the tracked message's link anew."""

    def read() -> ShortLink:
        link = services.messages.get(tracked.id).link
        assert link is not None
        return link

    return read


@pytest.fixture(params=["link", "api"])
def door(request: pytest.FixtureRequest, link_door: FlaskClient, api: Caller) -> FlaskClient:
    """Each of the two doors that answer short links."""
    return link_door if request.param == "link" else api.client


@pytest.mark.parametrize("ending", ["", "/", "?fbclid=1"])
def test_tap_redirects_and_is_never_cached_indexed_or_referred(
    door: FlaskClient, tracked: Message, ending: str
) -> None:
    answer = tap(door, tracked.code + ending)
    assert (answer.status_code, answer.data) == (302, b"")
    assert answer.headers["Location"] == TARGET
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers


def test_first_tap_is_stored_and_makes_its_callback_due(
    services: Services, link_door: FlaskClient, tracked: Message, link_of: Callable[[], ShortLink]
) -> None:
    tap(link_door, tracked.code)
    first = link_of().first_click_at
    tap(link_door, tracked.code)
    link = link_of()
    assert link.first_click_at == first is not None
    assert link.clicks == 2
    assert services.callbacks.claim(tracked.code, CallbackKind.CLICK, lease_ms=1000) is not None


def test_head_redirects_without_counting(door: FlaskClient, tracked: Message, link_of: Callable[[], ShortLink]) -> None:
    answer = door.head(f"/{tracked.code}", headers={"User-Agent": PHONE})
    assert (answer.status_code, answer.headers["Location"]) == (302, TARGET)
    assert (link_of().clicks, link_of().machine_hits) == (0, 0)


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        (PHONE, {"Sec-Purpose": "prefetch"}),
        (PHONE, {"Sec-Purpose": "prefetch;prerender"}),
        (PHONE, {"Sec-Purpose": "prefetch;anonymous-client-ip"}),
        (PHONE, {"Purpose": "prefetch"}),
        (PHONE, {"X-Moz": "prefetch"}),
        (PHONE, {"X-Purpose": "preview"}),
        (PHONE, {"X-Purpose": "x", "Sec-Purpose": "prefetch"}),
        (APPLE, {}),
        (SAMSUNG, {}),
        ("WhatsApp/2.20.70 i", {}),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", {}),
    ],
)
def test_machines_are_redirected_without_spending_the_first_click(
    link_door: FlaskClient, tracked: Message, link_of: Callable[[], ShortLink], agent: str, headers: dict[str, str]
) -> None:
    answer = tap(link_door, tracked.code, agent, **headers)
    assert (answer.status_code, answer.headers["Location"]) == (302, TARGET)
    link = link_of()
    assert (link.first_click_at, link.clicks, link.machine_hits) == (None, 0, 1)


@pytest.mark.parametrize(("counted", "clicks"), [(True, 1), (False, 0)])
def test_plain_client_counts_unless_the_setting_leaves_it_out(
    settings: Settings, tracked: Message, link_of: Callable[[], ShortLink], counted: bool, clicks: int
) -> None:
    door = create_link_app(build(replace(settings, count_plain_clients=counted))).test_client()
    assert tap(door, tracked.code, "curl/8.14.1").status_code == 302
    assert link_of().clicks == clicks


def test_page_of_an_expired_link_is_410(
    door: FlaskClient, tracked: Message, expire: Callable[[str], None], link_of: Callable[[], ShortLink]
) -> None:
    expire(tracked.code)
    answer = tap(door, tracked.code)
    assert answer.status_code == 410
    assert "expired" in answer.text
    assert link_of().clicks == 0


def test_page_of_an_unknown_code_is_404(door: FlaskClient) -> None:
    answer = tap(door, MINT.draw())
    assert answer.status_code == 404
    assert "not found" in answer.text


def test_expired_and_unknown_differ_in_words_alone(
    door: FlaskClient, tracked: Message, expire: Callable[[str], None]
) -> None:
    expire(tracked.code)
    answers = [tap(door, code) for code in (tracked.code, MINT.draw())]
    gone, unknown = ({k: v for k, v in a.headers if k not in ("Content-Length", "X-Request-Id")} for a in answers)
    assert gone == unknown


def test_pages_are_whole_small_and_need_nothing_from_elsewhere(link_door: FlaskClient) -> None:
    answer = tap(link_door, MINT.draw())
    assert answer.content_type == "text/html; charset=utf-8"
    assert answer.text.startswith('<!doctype html>\n<html lang="en">')
    assert "width=device-width" in answer.text
    assert "light dark" in answer.text
    assert len(answer.data) < 2000
    assert not {"http:", "https:", "src=", "url(", "<script"} & set(answer.text.split())
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_style_is_the_one_that_the_policy_allows(link_door: FlaskClient) -> None:
    answer = tap(link_door, MINT.draw())
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_page_speaks_japanese_where_the_browser_does(link_door: FlaskClient) -> None:
    answer = link_door.get(f"/{MINT.draw()}", headers={"Accept-Language": "ja-JP,ja;q=0.9,en;q=0.5"})
    assert '<html lang="ja">' in answer.text
    assert "リンクが見つかりません" in answer.text
    assert answer.headers["Vary"] == "Accept-Language"


@pytest.mark.parametrize("path", ["/", "/short", "/nonexistent", "/a/b", "/<script>", "/%00", "/" + "a" * 3000])
def test_what_is_no_code_is_a_page_at_the_link_door_and_a_problem_at_the_api(
    link_door: FlaskClient, api: Caller, path: str
) -> None:
    page, problem = link_door.get(path), api.client.get(path)
    assert (page.status_code, page.content_type) == (404, "text/html; charset=utf-8")
    assert "<script>" not in page.text
    assert (problem.status_code, problem.content_type) == (404, PROBLEM)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(link_door: FlaskClient, tracked: Message, method: str) -> None:
    answer = link_door.open(f"/{tracked.code}", method=method)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize(
    ("written", "location"),
    [
        ("example.com", "http://example.com"),
        ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
        ("https://shop.test/?a[]=1&b=[2]#", "https://shop.test/?a[]=1&b=[2]#"),
        ("https://shop.test/%E3%81%82?sig=a%2Bb%2f%20+", "https://shop.test/%E3%81%82?sig=a%2Bb%2f%20+"),
        ("HTTPS://Shop.TEST:8443/A#b", "HTTPS://Shop.TEST:8443/A#b"),
        ("https://shop.test/a?q=x;y,z!(1)*'$", "https://shop.test/a?q=x;y,z!(1)*'$"),
    ],
)
def test_location_is_ascii_and_otherwise_as_written(
    api: Caller, services: Services, written: str, location: str
) -> None:
    message = services.messages.get(api.send(message=f"Go {written} now", track_link="true"))
    assert message.link is not None
    assert message.link.link == written
    assert tap(api.client, message.code).headers["Location"] == location


@pytest.mark.parametrize("make", [create_app, create_link_app])
def test_store_away_is_a_503_page_that_says_when_to_return(make: Callable[..., Any], lost_store: Settings) -> None:
    answer = tap(make(build(lost_store)).test_client(), MINT.draw())
    assert (answer.status_code, answer.content_type) == (503, "text/html; charset=utf-8")
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Cache-Control"] == "no-store"


def test_fault_of_ours_is_a_page_without_a_trace(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    app = create_link_app(services)

    @app.before_request
    def break_down() -> None:
        raise RuntimeError("inner detail")

    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.content_type) == (500, "text/html; charset=utf-8")
    assert "inner detail" not in answer.text
    assert "inner detail" in caplog.text


@pytest.mark.parametrize("path", ["/robots.txt", "/favicon.ico", "/healthz"])
def test_nothing_else_at_the_link_door_asks_the_store(lost_store: Settings, path: str) -> None:
    answer = create_link_app(build(lost_store)).test_client().get(path)
    assert answer.status_code in (200, 204)


def test_crawlers_are_asked_to_stay_away(link_door: FlaskClient) -> None:
    answer = link_door.get("/robots.txt")
    assert answer.text == "User-agent: *\nDisallow: /\n"
    assert answer.content_type == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/sms/messages/", "/readyz", "/carriers/twilio/receipts/a/b"])
def test_the_link_door_has_no_api(link_door: FlaskClient, api: Caller, path: str) -> None:
    answer = link_door.get(path, auth=(api.sid, api.token))
    assert answer.status_code == 404
