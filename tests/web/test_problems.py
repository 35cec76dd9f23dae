"""What is wrong but no field's fault: problem documents, never HTML, never a trace."""

from __future__ import annotations

import re

import pytest

from shortlink.bootstrap.doors import build
from shortlink.config import Settings
from shortlink.web.app import create_app
from tests.web.conftest import PROBLEM, SMS, Caller


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sms/nothing", 404),
        ("GET", "/sms", 404),
        ("GET", "/you/credits/", 404),
        ("GET", "/no/such/path", 404),
        ("GET", "/nonexistent", 404),
        ("GET", "/no-such-path", 404),
        ("GET", "/sms/messages//", 404),
        ("GET", "/", 404),
        ("GET", "/static/x.js", 404),
        ("DELETE", "/sms/messages/", 405),
        ("PUT", "/sms/messages", 405),
        ("POST", "/sms/messages/abc/", 405),
        ("TRACE", "/sms/messages/", 405),
        ("POST", "/healthz", 405),
        ("GET", "/carriers/twilio/receipts/a/b", 405),
    ],
)
def test_every_other_error_is_a_problem_document(api: Caller, method: str, path: str, status: int) -> None:
    answer = api.client.open(path, method=method, auth=(api.sid, api.token))
    assert (answer.status_code, answer.content_type) == (status, PROBLEM)
    assert sorted(answer.get_json()) == ["detail", "status", "title", "type"]
    assert answer.get_json()["status"] == status


def test_whoever_opens_the_bare_address_is_told_where_to_look(api: Caller) -> None:
    detail = api.client.get("/").get_json()["detail"]
    addresses = {str(rule) for rule in api.client.application.url_map.iter_rules()}
    for path in ("/docs", "/dashboard/"):
        assert path in detail
        assert path in addresses


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/html;q=0, */*"])
def test_a_program_at_the_bare_address_goes_on_getting_a_problem(api: Caller, accept: str | None) -> None:
    answer = api.client.get("/", headers={} if accept is None else {"Accept": accept})
    assert (answer.status_code, answer.content_type) == (404, PROBLEM)


def test_a_browser_at_the_bare_address_is_shown_where_to_go(api: Caller) -> None:
    page = api.client.get("/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (page.status_code, page.mimetype, page.headers["Vary"]) == (200, "text/html", "Accept")
    addresses = re.findall(r'href="([^"]+)"', page.text)
    assert {"/docs/", "/dashboard/"} <= set(addresses)
    described = [address for address in addresses if address != "/dashboard/"]  # where a browser test goes
    assert [api.client.get(address).status_code for address in described] == [200] * 3


def test_405_names_the_methods_that_work(api: Caller) -> None:
    answer = api.client.delete("/sms/messages/", auth=(api.sid, api.token))
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_options_names_the_methods_and_has_no_body(api: Caller) -> None:
    answer = api.client.options("/sms/messages/", auth=(api.sid, api.token))
    assert (answer.status_code, answer.data) == (200, b"")
    assert "POST" in answer.headers["Allow"]
    assert "Content-Type" not in answer.headers


def test_what_the_client_accepts_does_not_matter(api: Caller) -> None:
    answer = api.get("/sms/messages/", headers={"Accept": "text/html, image/*"})
    assert (answer.status_code, answer.content_type) == (200, "application/json")


def test_store_away_is_503_and_says_when_to_return(api: Caller, lost_store: Settings) -> None:
    client = create_app(build(lost_store)).test_client()
    answer = client.post("/sms/messages/", data=SMS, auth=(api.sid, api.token))
    assert (answer.status_code, answer.content_type) == (503, PROBLEM)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("GET", "/sms/messages/", "The store does not answer. Try again in 5 seconds."),
        ("POST", "/sms/messages/", "whether this was done is not known. An Idempotency-Key makes it safe"),
        ("POST", "/sms/messages/batch/", "whether this was done is not known. An Idempotency-Key makes it safe"),
        ("GET", "/webhooks/", "The store does not answer. Try again in 5 seconds."),
        ("POST", "/webhooks/", "whether this was done is not known. List your webhooks before you try again"),
        ("DELETE", "/webhooks/w1/", "whether this was done is not known. Try again in 5 seconds."),
    ],
)
def test_store_away_says_how_to_try_again_without_doing_it_twice(
    api: Caller, lost_store: Settings, method: str, path: str, text: str
) -> None:
    answer = create_app(build(lost_store)).test_client().open(path, method=method, auth=(api.sid, api.token))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert text in answer.get_json()["detail"]


def test_fault_of_ours_is_500_without_a_trace(api: Caller, caplog: pytest.LogCaptureFixture) -> None:
    @api.client.application.before_request
    def break_down() -> None:
        raise RuntimeError("inner detail")

    answer = api.get("/sms/messages/", headers={"X-Request-Id": "req-1"})
    assert (answer.status_code, answer.content_type) == (500, PROBLEM)
    assert "inner detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "req-1" in answer.get_json()["detail"]
    assert "request_id=req-1" in caplog.text


def test_log_of_a_lost_store_names_no_number_and_no_token(
    api: Caller, lost_store: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    client = create_app(build(lost_store)).test_client()
    client.post("/sms/messages/", data=SMS, auth=(api.sid, api.token))
    assert "store unavailable" in caplog.text
    for secret in (SMS["recipient"], api.token, SMS["message"]):
        assert secret not in caplog.text
