"""Short links at the API door: what the redirect door does not share with it. The rest is in tests/redirect."""

from __future__ import annotations

import pytest

from shortlink.bootstrap import Services, build
from shortlink.config import Settings
from shortlink.web.app import create_app
from tests.web.conftest import PROBLEM, Caller

PROBE = {"User-Agent": "curl/8.14.1"}


def test_a_sent_link_leads_to_where_it_was_written(api: Caller, services: Services) -> None:
    message = services.messages.get(api.send(message="Go https://例え.jp/?a[]=1# now", track_link="true"))
    answer = api.client.get(f"/{message.code}", headers=PROBE)
    assert (answer.status_code, answer.headers["Location"]) == (302, "https://xn--r8jz45g.jp/?a[]=1#")


@pytest.mark.parametrize("path", ["/short", "/nonexistent", "/a/b", "/<script>", "/%00", "/" + "a" * 3000])
def test_what_is_no_code_is_a_problem(api: Caller, path: str) -> None:
    problem = api.client.get(path)
    assert (problem.status_code, problem.content_type) == (404, PROBLEM)


@pytest.mark.parametrize("path", ["/robots.txt", "/favicon.ico", "/healthz"])
def test_what_needs_no_store_does_not_ask_it(lost_store: Settings, path: str) -> None:
    answer = create_app(build(lost_store)).test_client().get(path)
    assert answer.status_code in (200, 204)
