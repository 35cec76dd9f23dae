"""What both doors say to those who open short links, asked over the wire: redirects, pages, who counts as a person."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from shortlink.bootstrap import Services, build_redirect
from shortlink.config import Settings
from shortlink.domain.callback import CallbackKind
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.store_clock import StoreClock
from shortlink.use_cases import follow_link
from shortlink.use_cases.measure_requests import Tally
from shortlink.use_cases.replay_clicks import replay_clicks
from tests.factories import MINT, link_start, make_message
from tests.redirect.conftest import PHONE, Answer, WireDoor, async_door
from tests.waiting import wait_until

APPLE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 "
    "Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)
SAMSUNG = "Mozilla/5.0 (X11; Ubuntu; Linux i686; rv:24.0) Gecko/20100101 Firefox/24.0"
TARGET = "https://shop.test/sale?a=1"
OF_EACH = {"date", "server", "x-request-id", "connection"}  # of each answer, or of the server that a door stands on


@pytest.fixture
def link_of(services: Services, tracked: Message) -> Callable[[], ShortLink]:
    """Read the tracked message's link anew."""

    def read() -> ShortLink:
        link = services.messages.get(tracked.id).link
        assert link is not None
        return link

    return read


@pytest.mark.parametrize("ending", ["", "/", "?fbclid=1"])
def test_tap_redirects_and_is_never_cached_indexed_or_referred(door: WireDoor, tracked: Message, ending: str) -> None:
    answer = door.ask(f"/{tracked.code}{ending}")
    assert (answer.status, answer.body) == (302, b"")
    assert answer.headers["location"] == TARGET
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("glued", [".", ")", "%E3%82%92%E3%81%94%E8%A6%A7", "%E3%80%82", "%20and%20more", "%FF"])
def test_text_that_a_phone_took_for_a_part_of_the_link_is_left_out(
    door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink], glued: str
) -> None:
    answer = door.ask(f"/{tracked.code}{glued}")
    assert (answer.status, answer.headers.get("location")) == (302, TARGET)
    assert link_of().clicks == 1


@pytest.mark.parametrize("glued", ["a", "9", "/more", "%2Fmore"])
def test_more_letters_or_another_part_of_a_path_make_it_another_link(
    door: WireDoor, tracked: Message, glued: str
) -> None:
    assert door.ask(f"/{tracked.code}{glued}").status == 404


def test_target_that_is_no_text_is_a_fault_of_its_own_link_alone(
    store: redis.Redis, services: Services, door: WireDoor, tracked: Message
) -> None:
    broken = make_message()
    services.messages.add(broken, link_start=link_start(broken), today=0)
    store.hset(keys.record(broken.code), "u", b"\x02shop.test/\xff")
    answers = [door.ask(f"/{code}").status for code in (tracked.code, broken.code, tracked.code)]
    assert answers == [302, 500, 302]


def test_a_percent_encoded_code_is_the_same_code(door: WireDoor, tracked: Message) -> None:
    assert door.ask(f"/%{ord(tracked.code[0]):02x}{tracked.code[1:]}").status == 302


def test_first_tap_is_stored_and_makes_its_callback_due(
    services: Services, door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink]
) -> None:
    door.ask(f"/{tracked.code}")
    first = link_of().first_click_at
    door.ask(f"/{tracked.code}")
    link = link_of()
    assert link.first_click_at == first is not None
    assert link.clicks == 2
    assert services.callbacks.claim(tracked.code, CallbackKind.CLICK, lease_ms=1000) is not None


def test_a_store_that_forgot_its_scripts_is_taught_them_by_the_next_tap(
    door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink], store: redis.Redis
) -> None:
    assert door.ask(f"/{tracked.code}").status == 302
    store.script_flush()
    assert door.ask(f"/{tracked.code}").headers["location"] == TARGET
    assert link_of().clicks == 2


def test_a_clock_that_was_set_costs_no_tap_and_counts_none_twice(
    door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.ask(f"/{tracked.code}").status == 302
    right, asked = StoreClock.now, []

    def now(clock: StoreClock) -> int:
        asked.append(clock)
        return right(clock) - (60_000 if len(asked) == 1 else 0)

    monkeypatch.setattr(StoreClock, "now", now)
    assert door.ask(f"/{tracked.code}").headers["location"] == TARGET
    assert len(asked) > 1
    assert link_of().clicks == 2


def test_head_redirects_without_counting(door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink]) -> None:
    answer = door.ask(f"/{tracked.code}", method="HEAD")
    assert (answer.status, answer.headers["location"]) == (302, TARGET)
    assert (link_of().clicks, link_of().machine_hits) == (0, 0)


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        (PHONE, {"Sec-Purpose": "prefetch"}),
        (PHONE, {"sec-purpose": "prefetch;prerender"}),
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
    door: WireDoor, tracked: Message, link_of: Callable[[], ShortLink], agent: str, headers: dict[str, str]
) -> None:
    answer = door.ask(f"/{tracked.code}", agent=agent, **headers)
    assert (answer.status, answer.headers["location"]) == (302, TARGET)
    link = link_of()
    assert (link.first_click_at, link.clicks, link.machine_hits) == (None, 0, 1)


@pytest.mark.parametrize(("counted", "clicks"), [(True, 1), (False, 0)])
@pytest.mark.parametrize("agent", ["curl/8.14.1", None])
def test_plain_client_counts_unless_the_setting_leaves_it_out(
    open_door: Callable[..., Any],
    tracked: Message,
    link_of: Callable[[], ShortLink],
    counted: bool,
    clicks: int,
    agent: str | None,
) -> None:
    with open_door(count_plain_clients=counted) as door:
        assert door.ask(f"/{tracked.code}", agent=agent).status == 302
    assert link_of().clicks == clicks


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


@pytest.mark.parametrize("before", ["/%2F", "/%2f"])  # Werkzeug's own server takes plain ones away
def test_a_code_behind_two_slashes_is_none(door: WireDoor, tracked: Message, before: str) -> None:
    assert door.ask(f"{before}{tracked.code}").status == 404


def test_one_slash_behind_a_code_is_left_out_and_two_are_not(door: WireDoor, tracked: Message) -> None:
    assert [door.ask(f"/{tracked.code}{slashes}").status for slashes in ("/", "//", "///")] == [302, 404, 404]


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


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(door: WireDoor, tracked: Message, method: str) -> None:
    answer = door.ask(f"/{tracked.code}", method=method, Content_Length="0")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


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
    door: WireDoor, services: Services, store: redis.Redis, written: str, location: str
) -> None:
    message = make_message()
    services.messages.add(message, link_start=link_start(message), today=0)
    store.hset(keys.record(message.code), "u", written)
    assert door.ask(f"/{message.code}").headers["location"] == location


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


def test_crawlers_are_asked_to_stay_away(door: WireDoor) -> None:
    answer = door.ask("/robots.txt")
    assert answer.text == "User-agent: *\nDisallow: /\n"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/sms/messages/", "/readyz", "/carriers/twilio/receipts/a/b"])
def test_the_redirect_door_has_no_api(own: WireDoor, path: str) -> None:
    assert own.ask(path).status == 404


def test_guessers_are_throttled_by_address_hits_and_misses_alike(
    open_door: Callable[..., Any], tracked: Message
) -> None:
    with open_door(misses_per_minute=3, trusted_proxies=1) as door:
        statuses = [door.ask(f"/{MINT.draw()}", X_Forwarded_For="9.9.9.9, 1.2.3.4").status for _ in range(4)]
        assert statuses == [404, 404, 404, 429]
        refused = door.ask(f"/{tracked.code}", X_Forwarded_For="8.8.8.8,1.2.3.4")
        assert (refused.status, "many" in refused.text) == (429, True)
        assert int(refused.headers["retry-after"]) > 0
        assert door.ask(f"/{tracked.code}", X_Forwarded_For="1.2.3.4, 5.6.7.8").status == 302


def test_what_can_be_no_code_is_no_guess(open_door: Callable[..., Any], tracked: Message) -> None:
    with open_door(misses_per_minute=1) as door:
        assert {door.ask(f"/{path}").status for path in ("favicon.png", "wp-login", tracked.code[:-1], "%FF")} == {404}
        assert door.ask(f"/{tracked.code}").status == 302


@pytest.mark.parametrize("entries", [["1.2.3.4:1", "1.2.3.4:2"], ["[2001:db8::1]:1", "2001:db8::2"], ['"1', '"2']])
def test_no_spelling_of_an_address_buys_another_guess(
    open_door: Callable[..., Any], tracked: Message, entries: list[str]
) -> None:
    first, second = entries
    with open_door(misses_per_minute=1, trusted_proxies=1) as door:
        assert door.ask(f"/{MINT.draw()}", X_Forwarded_For=first).status == 404
        assert door.ask(f"/{tracked.code}", X_Forwarded_For=second).status == 429


def test_forwarded_addresses_are_believed_only_behind_a_proxy(open_door: Callable[..., Any], tracked: Message) -> None:
    with open_door(misses_per_minute=1) as door:
        assert door.ask(f"/{MINT.draw()}", X_Forwarded_For="1.1.1.1").status == 404
        assert door.ask(f"/{tracked.code}", X_Forwarded_For="2.2.2.2").status == 429


def test_a_remembered_link_works_while_the_store_is_away_and_its_click_is_spooled(
    open_door: Callable[..., Any], tracked: Message, store: redis.Redis, tmp_path: Any
) -> None:
    with open_door(spool_dir=tmp_path, waits_seconds=0.3) as door:
        wait_until(lambda: door.ask(f"/{tracked.code}").status == 302)
        store.client_pause(5000)
        answers = [door.ask(f"/{code}").status for code in (tracked.code, MINT.draw())]
        store.client_unpause()
    assert answers == [302, 503]
    (spooled,) = [line for file in tmp_path.glob("*.clicks") for line in file.read_text().splitlines()]
    assert tracked.code in spooled


@pytest.mark.parametrize("held_ms", [30, 225, 400])
def test_taps_on_a_store_that_hangs_for_a_moment_count_once(
    open_door: Callable[..., Any],
    tracked: Message,
    link_of: Callable[[], ShortLink],
    link_settings: Settings,
    store: redis.Redis,
    tmp_path: Path,
    held_ms: int,
) -> None:
    with open_door(spool_dir=tmp_path, waits_seconds=0.04) as door:
        wait_until(lambda: door.ask(f"/{tracked.code}", method="HEAD").status == 302)
        with ThreadPoolExecutor(13) as people:
            # The commands of others wait meanwhile and are carried out afterwards, whether or not anybody still waits.
            people.submit(store.eval, f"local began = os.clock() while os.clock() - began < {held_ms / 1000} do end", 0)
            time.sleep(0.01)
            asked = [people.submit(door.ask, f"/{tracked.code}") for _ in range(12)]
            answers = [one.result().status for one in asked]
        wait_until(store.ping)
    assert replay_clicks(build_redirect(replace(link_settings, spool_dir=tmp_path)).desk) <= 12
    assert set(answers) == {302}
    assert link_of().clicks == 12


def test_every_tap_is_measured_by_its_status(
    link_settings: Settings, tracked: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[str, int]] = []
    monkeypatch.setattr(Tally, "note", lambda _, what, status, _seconds: noted.append((what, status)))
    with async_door(link_settings, waits_seconds=5.0) as door:
        for path in (f"/{tracked.code}", f"/{tracked.code}", f"/{MINT.draw()}", "/healthz"):
            door.ask(path)
        monkeypatch.setattr(follow_link, "judge", None)  # a fault of ours before the store is asked
        door.ask(f"/{tracked.code}")
    assert noted == [("redirect", 302), ("redirect", 302), ("redirect", 404), ("redirect", 500)]


def test_request_id_is_echoed_or_made(door: WireDoor) -> None:
    assert door.ask("/healthz", X_Request_Id="abc-1.2_3").headers["x-request-id"] == "abc-1.2_3"
    made = set()
    for given in ("", "a b", "x" * 65, "<script>"):
        told = door.ask("/healthz", X_Request_Id=given).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{16}", told)
        made.add(told)
    assert len(made) == 4


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("languages", ["en", "ja"])
def test_both_doors_say_the_same_by_status_header_fields_and_body(
    served: dict[str, WireDoor],
    services: Services,
    tracked: Message,
    expire: Callable[[str], None],
    method: str,
    languages: str,
) -> None:
    gone = make_message()
    services.messages.add(gone, link_start=link_start(gone), today=0)
    expire(gone.code)
    paths = [f"/{tracked.code}", f"/{gone.code}", f"/{MINT.draw()}"]
    paths += ["/robots.txt", "/favicon.ico", "/healthz", "/healthz/"]
    for path in paths:
        one, other = (_lasting(door.ask(path, method=method, Accept_Language=languages)) for door in served.values())
        assert one == other, path


def test_what_opens_no_link_is_answered_with_the_same_status_and_by_each_door_in_its_own_words(
    served: dict[str, WireDoor], tracked: Message
) -> None:
    asked = [("POST", f"/{tracked.code}"), ("POST", "/healthz"), ("GET", f"/{tracked.code[:7]}"), ("GET", "/a.b")]
    for method, path in asked:
        api, own = (served[name].ask(path, method=method, Content_Length="0") for name in ("flask", "async"))
        assert api.status == own.status, path
        assert api.headers["content-type"] == "application/problem+json", "whoever errs there calls an API"
        assert own.headers["content-type"] == "text/html; charset=utf-8", "whoever errs here holds a phone"


def _lasting(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """Take out of an answer what both doors have to say alike: not the order of its header fields."""
    kept = {name: value for name, value in answer.headers.items() if name not in OF_EACH}
    if "allow" in kept:
        kept["allow"] = ", ".join(sorted(kept["allow"].split(", ")))  # a set in Flask
    return answer.status, kept, answer.body
