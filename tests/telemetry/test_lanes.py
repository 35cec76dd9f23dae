"""The express lanes tell of each request as the Flask app does, and without traces they are just themselves."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlencode

import pytest
import redis

from shortlink.bootstrap.doors import build, build_line
from shortlink.bootstrap.links import build_redirect
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.http1.exchange import ClientLeft, Stream
from shortlink.http1.request import Request
from shortlink.redirect.door import Door
from shortlink.redirect.serving import make_door
from shortlink.use_cases.measure_requests import Tally
from shortlink.web.app import create_app
from shortlink.web.door import ApiDoor
from shortlink.web.express import ExpressLane
from shortlink.web.tracing import trace_sends
from shortlink.web.wsgi_bridge import WsgiBridge
from tests.factories import link_start, make_message
from tests.redirect.conftest import WireDoor, async_door
from tests.telemetry.conftest import Collected, attributes

NUMBER, TRACE, CALLER = "+818011239876", "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "vendor=1"}
SERVER = 2
TEXT = "Confidential-Wording https://shop.test/?who=Hidden-Target"


class Said:
    """What was answered."""

    def __init__(self) -> None:
        self.status = 0
        self.has_left = False

    def reply(self, head: bytes, body: bytes) -> None:
        self.status = int(head[9:12])

    def stream(self, head: bytes, *, is_sized: bool) -> Stream:
        raise ClientLeft


class Api:
    """The API door as the server drives it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.account = open_accounts(settings).add("Test")
        self.app = create_app(build(settings))

    def send(self, *, token: str = "", **headers: str) -> int:
        body = urlencode({"recipient": NUMBER, "sender": "shop", "message": TEXT, "track_link": "true"}).encode()
        login = f"{self.account.sid}:{token or self.account.auth_token}"
        given = {
            "authorization": "Basic " + base64.b64encode(login.encode()).decode(),
            "content-type": "application/x-www-form-urlencoded",
            "content-length": str(len(body)),
            "x-request-id": "r1",
        }
        request = Request("POST", f"/sms/messages/?n={NUMBER}", given | headers, is_old=False)
        request.body = body
        said = Said()

        async def run() -> None:
            lane = ExpressLane(build(self.settings), build_line(self.settings))
            bridge = WsgiBridge(self.app, host="127.0.0.1", port=1)
            try:
                await ApiDoor(bridge, lane).handle(request, "127.0.0.1", said)
            finally:
                lane.close()
                await asyncio.sleep(0)

        asyncio.run(run())
        return said.status


@pytest.fixture
def settings(valkey_url: str, store: redis.Redis) -> Settings:
    return Settings(redis_url=valkey_url, secret_key="k" * 32, link_url="https://sl.test")


@pytest.fixture
def api(collected: Collected, settings: Settings) -> Api:
    return Api(settings)


def test_a_send_makes_the_span_that_the_view_would_make(api: Api, collected: Collected) -> None:
    assert api.send(**PARENT) == 201
    assert api.send(**PARENT, **{"content-type": "application/x-www-form-urlencoded; a=b"}) == 201
    by_lane, by_view = collected.all()
    for span in (by_lane, by_view):
        assert (span.name, span.kind, span.status.code) == ("POST xoxzo.send", SERVER, 0)
        assert (span.trace_id.hex(), span.parent_span_id.hex(), span.trace_state) == (TRACE, CALLER, "vendor=1")
        assert attributes(span) == {
            "http.request.method": "POST",
            "http.response.status_code": 201,
            "http.route": "/sms/messages",
            "shortlink.request_id": "r1",
        }
        assert all(secret not in str(span) for secret in (NUMBER[1:], "Confidential", "Hidden", api.account.auth_token))


def test_a_send_that_is_left_to_the_view_makes_one_span_alone(api: Api, collected: Collected) -> None:
    assert api.send(token="wrong") == 401
    (span,) = collected.all()
    assert attributes(span)["http.response.status_code"] == 401


def test_a_send_that_the_store_fails_is_marked(api: Api, collected: Collected) -> None:
    api.settings = replace(api.settings, redis_url="unix:///nonexistent/valkey.sock")
    assert api.send() == 503
    (span,) = collected.all()
    assert (span.status.code, span.parent_span_id, attributes(span)["http.response.status_code"]) == (2, b"", 503)


@pytest.fixture
def door(collected: Collected, settings: Settings) -> Iterator[WireDoor]:
    with async_door(settings, waits_seconds=5.0) as opened:
        yield opened


def test_a_tap_makes_a_span_that_continues_the_callers_and_names_no_code(
    door: WireDoor, collected: Collected, settings: Settings
) -> None:
    message, services = make_message(), build(settings)
    services.messages.add(message, link_start=link_start(message), today=0)
    assert door.ask(f"/{message.code}?n={NUMBER}", x_request_id="r1", **PARENT).status == 302
    assert door.ask("/healthz").status == 200
    assert door.ask(f"/{NUMBER}", method="+818011239876").status == 405
    assert door.ask(f"/no/{NUMBER}").status == 404
    tap, alive, odd, nothing = collected.all()
    assert (tap.name, tap.kind, tap.trace_id.hex()) == ("GET links.follow", SERVER, TRACE)
    assert (tap.parent_span_id.hex(), tap.trace_state) == (CALLER, "vendor=1")
    assert attributes(tap) == {
        "http.request.method": "GET",
        "http.response.status_code": 302,
        "http.route": "/<code>",
        "shortlink.request_id": "r1",
    }
    assert [span.name for span in (alive, odd, nothing)] == ["GET alive.healthz", "_OTHER links.follow", "GET nothing"]
    assert "http.route" not in attributes(nothing)
    assert attributes(alive)["http.route"] == "/healthz"
    for span in (tap, odd, nothing):
        assert all(secret not in str(span) for secret in (message.code, NUMBER[1:]))


def test_a_fault_of_the_door_is_marked(door: WireDoor, collected: Collected, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("shortlink.redirect.door.Tap", broken)
    assert door.ask("/abc").status == 500
    (span,) = collected.all()
    assert (span.status.code, attributes(span)["http.response.status_code"]) == (2, 500)
    assert "secret" not in str(span)


def test_without_traces_the_lanes_are_just_themselves(settings: Settings) -> None:
    async def send(*_: object) -> None:
        return None

    async def make() -> type:
        services = build_redirect(settings)
        try:
            return type(make_door(services, Tally()))
        finally:
            services.line.close()

    assert trace_sends(send) is send
    assert asyncio.run(make()) is Door
