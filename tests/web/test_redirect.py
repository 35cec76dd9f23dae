"""Short links at the API door: what the redirect door does not share with it. The rest is in tests/redirect."""

from __future__ import annotations

import pytest
import redis

from shortlink.bootstrap.doors import Services, build
from shortlink.config import Settings
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.web.app import create_app
from tests.web.conftest import PROBLEM, Caller

PROBE = {"User-Agent": "curl/8.14.1"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def test_a_sent_link_leads_to_where_it_was_written(api: Caller, services: Services) -> None:
    message = services.messages.get(api.send(message="Go https://例え.jp/?a[]=1# now", track_link="true"))
    answer = api.client.get(f"/{message.code}", headers=PROBE)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://xn--r8jz45g.jp/?a[]=1#")


@pytest.mark.parametrize("path", ["/short", "/nonexistent", "/a/b", "/<script>", "/%00", "/" + "a" * 3000])
def test_what_is_no_code_is_a_problem(api: Caller, path: str) -> None:
    problem = api.client.get(path)
    assert (problem.status_code, problem.content_type) == (404, PROBLEM)


@pytest.mark.parametrize("path", ["/short", "/7gbpv6YA", "/<script>", "/%00", "/" + "a" * 3000])
def test_what_is_no_code_is_a_page_for_a_browser(api: Caller, path: str) -> None:
    page = api.client.get(path, headers={"Accept": BROWSER, "Accept-Language": "ja"})
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert '<html lang="ja">' in page.text
    assert "<script>" not in page.text


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html;q=0, */*", ""])
def test_what_is_no_code_is_a_problem_for_who_does_not_ask_for_a_page(api: Caller, accept: str) -> None:
    assert api.client.get("/short", headers={"Accept": accept}).content_type == PROBLEM


def test_damaged_link_is_the_page_that_the_document_says(api: Caller, tracked: Message, store: redis.Redis) -> None:
    store.hset(keys.record(tracked.code), "x", "soon")
    page = api.client.get(f"/{tracked.code}", headers=PROBE)
    assert (page.status_code, page.mimetype) == (500, "text/html")


@pytest.mark.parametrize("path", ["/robots.txt", "/favicon.ico", "/healthz"])
def test_what_needs_no_store_does_not_ask_it(lost_store: Settings, path: str) -> None:
    answer = create_app(build(lost_store)).test_client().get(path)
    assert answer.status_code in (200, 204)
