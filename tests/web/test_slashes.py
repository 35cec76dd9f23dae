"""Doubled slashes: around `sms` they come of a base URL that ends with one, behind it of something that is missing."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shortlink.http1.exchange import Exchange
from shortlink.http1.request import Request
from shortlink.web.door import ApiDoor, body_bytes
from shortlink.web.express import Answer, ExpressLane
from shortlink.web.wsgi_bridge import WsgiBridge
from shortlink.web.xoxzo.batch import MAX_BATCH_BODY
from tests.web.conftest import SMS, Caller

DOUBLED = ["//sms/messages/", "/sms//messages/", "///sms///messages"]
MISSING = ["/sms/messages//", "//sms/messages//", "/sms/messages//callbacks/", "/events//", "/webhooks//"]


def ask(api: Caller, method: str, path: str, **options: Any) -> TestResponse:
    """Ask for a path as it is: of two slashes in front Werkzeug's client would make the name of a server."""
    client: FlaskClient = api.client
    return client.open("/", method=method, environ_overrides={"PATH_INFO": path}, **options)


@pytest.mark.parametrize("path", DOUBLED)
def test_a_base_url_that_ends_with_a_slash_leads_to_the_same_answers(api: Caller, path: str) -> None:
    login = (api.sid, api.token)
    assert ask(api, "POST", path, data=SMS, auth=login).status_code == 201
    assert len(ask(api, "GET", path, auth=login).get_json()) == 1
    assert ask(api, "GET", path).status_code == 401


@pytest.mark.parametrize("path", MISSING)
def test_where_something_is_missing_there_is_nothing_and_it_is_said_why(api: Caller, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = ask(api, method, path, auth=(api.sid, api.token))
        assert answer.status_code == 404
        assert "between two slashes in a row something is missing" in answer.get_json()["detail"]
    assert ask(api, "GET", path).status_code == 401


class Lane:
    async def send(self, headers: dict[str, str], body: bytes) -> Answer:
        return 201, [], b"by the lane"


class Replies(list[bytes]):
    def reply(self, _: bytes, body: bytes) -> None:
        self.append(body)


@pytest.mark.parametrize("path", ["/sms/messages/", *DOUBLED])
def test_the_quick_lane_takes_what_the_app_would(path: str) -> None:
    replies = Replies()
    door = ApiDoor(cast(WsgiBridge, None), cast(ExpressLane, Lane()))
    request = Request("POST", path, {}, is_old=False)
    asyncio.run(door.handle(request, "127.0.0.1", cast(Exchange, replies)))
    assert replies == [b"by the lane"]


@pytest.mark.parametrize("path", ["//sms/messages/batch/", "/sms//messages/batch"])
def test_a_batch_may_be_as_long_there(path: str) -> None:
    assert body_bytes(Request("POST", path, {}, is_old=False)) == MAX_BATCH_BODY
