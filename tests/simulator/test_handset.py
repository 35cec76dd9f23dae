"""The handset shows what was sent, safely, and taps links in anybody's name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import requests

from shortlink.simulator.visitors import VISITORS, Visitor
from tests.simulator.rig import Simulator
from tests.waiting import wait_until


def page(simulator: Simulator, path: str = "/handset/") -> str:
    answer = requests.get(simulator.url + path, timeout=5)
    assert answer.status_code == 200
    return answer.text


def tap(simulator: Simulator, sid: str, url: str, visitor: str, **headers: str) -> requests.Response:
    form = {"sid": sid, "url": url, "visitor": visitor, "open": "+818012345678"}
    target = f"{simulator.url}/handset/taps"
    return requests.post(target, data=form, headers=headers, timeout=5, allow_redirects=False)


def test_start_leads_to_the_handset(simulator: Simulator) -> None:
    answer = requests.get(f"{simulator.url}/", timeout=5)
    assert answer.url == f"{simulator.url}/handset/"
    assert "No messages yet" in answer.text


def test_a_link_has_somewhere_to_lead_to(simulator: Simulator) -> None:
    shown = page(simulator, "/landing?a=<b>")
    assert "You have arrived" in shown
    assert "<b>" not in unescape(shown).replace("/landing?a=<b>", "")
    assert "a=&lt;b&gt;" in shown or "a=%3Cb%3E" in shown


def test_message_is_shown_with_its_link_size_and_status(simulator: Simulator) -> None:
    simulator.send(Body="予約 https://go.example.jp/Ab3。変更は電話で")
    wait_until(lambda: "Delivered" in page(simulator))
    shown = page(simulator)
    assert '<a href="https://go.example.jp/Ab3" target="_blank" rel="noopener noreferrer">' in shown
    assert "1 segment · UCS-2 · 35 units" in shown
    assert "+81 80-1234-5678" in shown


def test_threads_are_phones_and_the_latest_comes_first(simulator: Simulator) -> None:
    for recipient, body in (("+818012345678", "one"), ("+819098765432", "two"), ("+818012345678", "three")):
        simulator.send(To=recipient, Body=body)
    shown = page(simulator)
    assert re.findall(r'id="thread-(\d+)"', shown) == ["818012345678", "819098765432"]
    assert shown.index("one") < shown.rindex("three")
    other = page(simulator, "/handset/819098765432")
    assert 'class="bubble" dir="auto">two<' in other
    assert 'dir="auto">one<' not in other


def test_failure_is_named(simulator: Simulator) -> None:
    simulator.send(To="+15005550101")
    wait_until(lambda: "Not delivered: unreachable destination handset (30003)" in page(simulator))
    assert 'class="message undelivered"' in page(simulator)


def test_page_escapes_what_was_sent(simulator: Simulator) -> None:
    attack = "<script>alert(1)</script>"
    sid = simulator.send(Body=f'{attack} http://127.0.0.1:9/"onmouseover="alert(1) javascript:alert(1)')["sid"]
    shown = page(simulator)
    assert attack not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert re.findall(r'<a href="(http[^"]*)"', shown) == ["http://127.0.0.1:9/"]
    assert 'href="javascript' not in shown
    assert attack in unescape(shown)
    assert attack not in requests.get(f"{simulator.url}/handset/?since=x", timeout=5).json()["parts"]["conversation"]
    assert sid in shown


@pytest.mark.parametrize("path", ["/handset/", "/handset/818012345678", "/handset/numbers", "/callbacks/", "/missing"])
def test_pages_may_load_nothing_from_elsewhere(simulator: Simulator, path: str) -> None:
    answer = requests.get(simulator.url + path, timeout=5)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    sources = re.findall(r'(?:src|<link [^>]*href)="([^"]+)"', answer.text)
    assert all(source.startswith("/static/") for source in sources)
    assert "style=" not in answer.text


@pytest.mark.parametrize(("name", "range_"), [("If-Modified-Since", None), ("If-Range", "bytes=0-")])
def test_a_condition_with_an_impossible_date_is_passed_over(
    simulator: Simulator, name: str, range_: str | None
) -> None:
    condition = {name: "Sun, 06 Nov 9999999994 08:49:37 GMT", "Range": range_}
    answer = requests.get(f"{simulator.url}/static/simulator.css", headers=condition, timeout=5)
    assert answer.status_code in (200, 206)


def test_page_polls_for_changes_only(simulator: Simulator) -> None:
    def poll(version: str) -> requests.Response:
        return requests.get(f"{simulator.url}/handset/", params={"since": version}, timeout=5)

    version = re.findall(r'data-version="([^"]+)"', page(simulator))[0]
    assert poll(version).status_code == 204
    simulator.send(Body="news")
    changed = poll(version).json()
    assert "news" in changed["parts"]["conversation"]
    assert set(changed["parts"]) == {"threads", "conversation"}
    assert changed["version"] != version


@pytest.fixture
def target() -> Iterator[tuple[str, list[list[tuple[str, str]]]]]:
    """A server that redirects, and the headers of each request that it got, in their order."""
    seen: list[list[tuple[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.items())
            self.send_response(302)
            self.send_header("Location", "/next")
            self.end_headers()

        def log_request(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/x?y=1", seen
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("visitor", VISITORS.values(), ids=VISITORS)
def test_tap_sends_the_visitors_exact_headers_and_follows_nothing(
    simulator: Simulator, target: tuple[str, list[list[tuple[str, str]]]], visitor: Visitor
) -> None:
    link, seen = target
    sid = simulator.send(Body=f"Look: {link}")["sid"]
    answer = tap(simulator, sid, link, visitor.name, Accept="application/json").json()

    assert (answer["status"], answer["location"], answer["error"]) == (302, "/next", None)
    assert seen == [[("Host", link.split("/")[2]), *visitor.headers.items()]]
    assert [made["visitor"] for made in simulator.sent()[0]["taps"]] == [visitor.name]


def test_previews_have_the_strings_that_are_seen_in_the_wild() -> None:
    agents = {name: visitor.headers["User-Agent"] for name, visitor in VISITORS.items()}
    assert agents["iphone-preview"].endswith("facebookexternalhit/1.1 Facebot Twitterbot/1.0")
    assert agents["samsung-preview"] == "Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:24.0) Gecko/20100101 Firefox/24.0"
    assert "Google-PageRenderer" in agents["google-preview"]
    assert agents["scanner"] == "Barracuda Sentinel (EE)"
    assert agents["curl"].startswith("curl/")
    assert "iPhone" in agents["person"]


def test_tap_without_script_leads_back_to_the_message(simulator: Simulator) -> None:
    sid = simulator.send(Body=f"{simulator.url}/")["sid"]
    answer = tap(simulator, sid, f"{simulator.url}/", "curl")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/handset/818012345678#{sid}")
    shown = page(simulator, "/handset/818012345678")
    assert "<b>curl</b>" in shown
    assert "302 Found" in shown


def test_tap_on_a_dead_link_says_so(simulator: Simulator) -> None:
    sid = simulator.send(Body="http://127.0.0.1:9/ http://127.0.0.1:99999/")["sid"]
    for url in ("http://127.0.0.1:9/", "http://127.0.0.1:99999/"):
        answer = tap(simulator, sid, url, "curl", Accept="application/json").json()
        assert (answer["status"], answer["error"]) == (None, "unreachable")


def test_only_links_of_that_message_are_tapped(simulator: Simulator) -> None:
    link = f"{simulator.url}/healthz"
    sid = simulator.send(Body=link)["sid"]
    other = simulator.send(Body="no link, ftp://127.0.0.1/ file:///etc/passwd")["sid"]
    tries = [
        (sid, f"{link}?more", "curl"),
        (other, link, "curl"),
        (other, "file:///etc/passwd", "curl"),
        (other, "ftp://127.0.0.1/", "curl"),
        ("SM0", link, "curl"),
        (sid, link, "nobody"),
    ]
    assert [tap(simulator, *one).status_code for one in tries] == [404] * 6
    assert all(message["taps"] == [] for message in simulator.sent())


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_sites_may_not_tap_or_switch(simulator: Simulator, site: str) -> None:
    sid = simulator.send(Body=f"{simulator.url}/")["sid"]
    headers = {"Sec-Fetch-Site": site}
    assert tap(simulator, sid, f"{simulator.url}/", "curl", **headers).status_code == 403
    url = f"{simulator.url}/simulator/messages"
    assert requests.delete(url, headers=headers, timeout=5).status_code == 403
    assert len(simulator.sent()) == 1


def test_messages_are_listed_as_plain_json_and_deleted(simulator: Simulator) -> None:
    simulator.send(Body="See https://example.com/a, or HTTP://example.com/b?c=(d).")
    simulator.send(To="+819098765432")
    [message] = simulator.sent("+818012345678")
    assert message["links"] == ["https://example.com/a", "HTTP://example.com/b?c=(d)"]
    unescaped = requests.get(f"{simulator.url}/simulator/messages.json?to=+819098765432", timeout=5).json()
    assert [found["to"] for found in unescaped] == ["+819098765432"]

    assert requests.delete(f"{simulator.url}/simulator/messages", timeout=5).json() == {"deleted": 2}
    assert simulator.sent() == []


def test_numbers_page_lists_every_magic_number(simulator: Simulator) -> None:
    shown = page(simulator, "/handset/numbers")
    assert "+15005550105" in shown
    assert "Silent" in shown
