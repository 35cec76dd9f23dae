"""Health, the headers of every answer, and proxies in front."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import redis
from flask import request

from shortlink.bootstrap.doors import Services, build
from shortlink.config import Settings
from shortlink.use_cases.check_readiness import ROLES, check_extra
from shortlink.web.app import create_app
from tests.web.conftest import SMS, Caller


@pytest.mark.parametrize("path", ["/healthz", "/healthz/"])
def test_alive_without_asking_the_store(lost_store: Settings, path: str) -> None:
    answer = create_app(build(lost_store)).test_client().get(path)
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_not_ready_names_what_is_missing(api: Caller) -> None:
    answer = api.client.get("/readyz")
    assert (answer.status_code, answer.get_json()["ready"]) == (503, False)
    assert answer.get_json()["checks"]["store"] == "ok"
    assert {role for role, word in answer.get_json()["checks"].items() if word != "ok"} == set(ROLES)
    assert "no dispatcher" in answer.get_json()["checks"]["dispatcher"]


@pytest.mark.parametrize("path", ["/readyz", "/readyz/"])
def test_ready_when_everything_was_seen(api: Caller, services: Services, path: str) -> None:
    for role in ROLES:
        services.presence.report(role)
    answer = api.client.get(path)
    assert (answer.status_code, answer.get_json()["ready"]) == (200, True)
    assert set(answer.get_json()["checks"].values()) == {"ok"}


def test_paused_sending_is_not_ready(api: Caller, services: Services) -> None:
    for role in ROLES:
        services.presence.report(role)
    services.presence.pause_sending("the carrier refuses our account", seconds=30)
    answer = api.client.get("/readyz")
    assert (answer.status_code, answer.get_json()["checks"]["sending"]) == (503, "the carrier refuses our account")


def test_store_away_is_not_ready(lost_store: Settings) -> None:
    answer = create_app(build(lost_store)).test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["ready"]) == (503, False)


def test_a_full_store_is_told_as_full_and_no_process_as_missing(
    api: Caller, services: Services, store: redis.Redis
) -> None:
    store.config_set("maxmemory", "1mb")
    try:
        checks = api.client.get("/readyz").get_json()["checks"]
        checks["recorder"] = check_extra("recorder", services.presence).partition(":")[0]
    finally:
        store.config_set("maxmemory", "0")
    assert "its memory is full" in checks.pop("store")
    assert set(checks.values()) == {"unknown, as no process can tell the store that it lives"}


@pytest.mark.parametrize("path", ["/sms/messages/", "/healthz", "/readyz", "/no/such/path"])
def test_every_answer_of_the_api_carries_the_security_headers(api: Caller, path: str) -> None:
    headers = api.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"


def test_request_id_is_echoed_or_made(api: Caller) -> None:
    assert api.client.get("/healthz", headers={"X-Request-Id": "abc-1.2_3"}).headers["X-Request-Id"] == "abc-1.2_3"
    for given in ("", "a b", "x" * 65, "<script>", "naïve"):
        made = api.client.get("/healthz", headers={"X-Request-Id": given}).headers["X-Request-Id"]
        assert re.fullmatch("[0-9a-f]{16}", made)


def test_nothing_is_logged_for_requests_that_go_well(api: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    msgid = api.send(track_link="true")
    api.status(msgid)
    api.post(data=SMS | {"recipient": "x"})
    api.client.get("/nothing")
    assert caplog.text == ""


@pytest.mark.parametrize(("hops", "address"), [(0, "127.0.0.1"), (1, "3.3.3.3"), (2, "2.2.2.2")])
def test_forwarded_addresses_are_believed_for_the_configured_hops_only(
    open_api: Callable[..., Caller], hops: int, address: str
) -> None:
    app = open_api(trusted_proxies=hops).client.application
    seen: list[str | None] = []

    @app.before_request
    def look() -> None:
        seen.append(request.remote_addr)

    app.test_client().get("/healthz", headers={"X-Forwarded-For": "1.1.1.1, 2.2.2.2, 3.3.3.3"})
    assert seen == [address]


def test_nothing_but_the_address_is_believed_of_a_proxy(open_api: Callable[..., Caller]) -> None:
    app = open_api(trusted_proxies=1).client.application
    seen: list[tuple[str, str]] = []

    @app.before_request
    def look() -> None:
        seen.append((request.root_url, request.full_path))

    told = {"Host": "evil.test", "Port": "99", "Prefix": "/evil", "Proto": "ws"}
    headers = {f"X-Forwarded-{name}": value for name, value in told.items()}
    assert app.test_client().get("/healthz", headers=headers).status_code == 200
    assert seen == [("http://localhost/", "/healthz?")]


def test_doors_of_different_settings_do_not_share_anything(settings: Settings) -> None:
    one, other = create_app(build(settings)), create_app(build(replace(settings, api_url="https://other.test")))
    assert one.extensions["shortlink"].settings.api_url != other.extensions["shortlink"].settings.api_url
