"""HTTP Basic authentication, which comes before everything else."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from shortlink.web.body import MAX_BODY
from tests.web.conftest import FORM, SMS, Caller


def test_missing_credentials(api: Caller) -> None:
    answer = api.client.post("/sms/messages/", data=SMS)
    assert answer.status_code == 401
    assert answer.get_json() == {"detail": "Authentication credentials were not provided."}
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b":").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + base64.b64encode(b"nobody:x").decode(),
        "basic " + base64.b64encode(b"a\x00b:x").decode(),
        "Basic " + base64.b64encode(b"x" * 60_000 + b":x").decode(),
        "Basic \xc3\xa9",
        "Basic c2lk\xa0",
        "Bearer c2lkOnRva2Vu",
        'Digest username="sid", password="token"',
    ],
    ids=range(12),
)
def test_credentials_that_are_no_good(api: Caller, header: str) -> None:
    answer = api.client.get("/sms/messages/", headers={"Authorization": header})
    assert (answer.status_code, answer.get_json()) == (401, {"detail": "Invalid sid/token"})
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("path", ["/events", "/webhooks", "/sms/messages/", "/sms/messages/batch/", "/logfiles/"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_credentials_that_are_not_ascii_are_no_good_anywhere(api: Caller, path: str, method: str) -> None:
    answer = api.client.open(path, method=method, headers={"Authorization": "Basic \xc3\xa9"})
    assert (answer.status_code, answer.get_json()) == (401, {"detail": "Invalid sid/token"})


def test_credentials_may_stand_behind_more_than_one_space(api: Caller) -> None:
    login = base64.b64encode(f"{api.sid}:{api.token}".encode()).decode()
    assert api.client.get("/sms/messages/", headers={"Authorization": f"BASIC   {login}"}).status_code == 200


def test_wrong_token_is_401(api: Caller) -> None:
    answer = api.client.get("/sms/messages/", auth=(api.sid, api.token + "x"))
    assert (answer.status_code, answer.get_json()) == (401, {"detail": "Invalid sid/token"})


@pytest.mark.parametrize(
    "options",
    [
        {"data": SMS | {"recipient": "+8108012345678"}},
        {"data": b"{", "content_type": "application/json"},
        {"data": b"x", "content_type": "text/plain"},
        {"data": b"x" * (MAX_BODY + 1), "content_type": FORM},
        {"method": "DELETE"},
        {"path": "/sms/nothing/here"},
        {"path": "/sms/messages/" + "a" * 32 + "/"},
        {"data": SMS, "headers": {"Idempotency-Key": ""}},
    ],
    ids=["field", "json", "type", "size", "method", "path", "msgid", "key"],
)
def test_401_comes_before_everything_else(api: Caller, options: dict[str, Any]) -> None:
    given: dict[str, Any] = {"path": "/sms/messages/", "method": "POST"} | options
    answer = api.client.open(given.pop("path"), auth=(api.sid, "wrong"), **given)
    assert (answer.status_code, answer.get_json()) == (401, {"detail": "Invalid sid/token"})
