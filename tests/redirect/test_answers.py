"""What both doors answer to those who open short links, asked over the wire, and that they say the same."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import redis

from shortlink.bootstrap.doors import Services
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message
from shortlink.storage import keys
from tests.factories import MINT, link_start, make_message
from tests.redirect.conftest import OF_EACH, TARGET, Answer, WireDoor


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


def test_a_percent_encoded_code_is_the_same_code(door: WireDoor, tracked: Message) -> None:
    assert door.ask(f"/%{ord(tracked.code[0]):02x}{tracked.code[1:]}").status == 302


@pytest.mark.parametrize("before", ["/%2F", "/%2f"])  # Werkzeug's own server takes plain ones away
def test_a_code_behind_two_slashes_is_none(door: WireDoor, tracked: Message, before: str) -> None:
    assert door.ask(f"{before}{tracked.code}").status == 404


def test_one_slash_behind_a_code_is_left_out_and_two_are_not(door: WireDoor, tracked: Message) -> None:
    assert [door.ask(f"/{tracked.code}{slashes}").status for slashes in ("/", "//", "///")] == [302, 404, 404]


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


def test_crawlers_are_asked_to_stay_away(door: WireDoor) -> None:
    answer = door.ask("/robots.txt")
    assert answer.text == "User-agent: *\nDisallow: /\n"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/sms/messages/", "/readyz", "/carriers/twilio/receipts/a/b"])
def test_the_redirect_door_has_no_api(own: WireDoor, path: str) -> None:
    assert own.ask(path).status == 404


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
    store: redis.Redis,
    services: Services,
    tracked: Message,
    expire: Callable[[str], None],
    method: str,
    languages: str,
) -> None:
    gone = make_message()
    services.messages.add(gone, link_start=link_start(gone), today=0)
    expire(gone.code)
    damaged = make_message()
    services.messages.add(damaged, link_start=link_start(damaged), today=0)
    store.hset(keys.record(damaged.code), "x", "soon")
    paths = [f"/{tracked.code}", f"/{gone.code}", f"/{damaged.code}", f"/{MINT.draw()}"]
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
