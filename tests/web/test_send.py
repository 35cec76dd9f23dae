"""POST /sms/messages/: what is taken, and how it is answered."""

from __future__ import annotations

from io import BytesIO
from typing import Any, ClassVar

import pytest
from werkzeug.datastructures import MultiDict

from shortlink.bootstrap.doors import Services
from tests.web.conftest import SMS, Caller


def test_form_is_answered_with_an_array_of_one(api: Caller, services: Services) -> None:
    answer = api.post(data=SMS)
    assert (answer.status_code, answer.content_type) == (201, "application/json")
    (sent,) = answer.get_json()
    assert list(sent) == ["msgid"]
    message = services.messages.get(sent["msgid"])
    assert (message.account, message.text, message.tracked) == (api.sid, SMS["message"], False)


def test_json_is_answered_with_an_object(api: Caller) -> None:
    answer = api.post(json=SMS)
    assert answer.status_code == 201
    assert list(answer.get_json()) == ["msgid"]
    assert len(answer.get_json()["msgid"]) == 32


@pytest.mark.parametrize("path", ["/sms/messages/", "/sms/messages"])
def test_both_slash_forms_are_answered_without_a_redirect(api: Caller, path: str) -> None:
    assert api.post(path, data=SMS).status_code == 201


def test_every_field_arrives_under_its_own_meaning(api: Caller, services: Services) -> None:
    msgid = api.send(
        track_link="true",
        tags="spring, vip",
        callbackurl="https://shop.test/report",
        lt_callbackurl="shop.test/click",
        jp_kp="false",
    )
    message = services.messages.get(msgid)
    assert message.recipient == "+818011234567"
    assert message.sender == "SHOP"
    assert message.tags == ("spring", "vip")
    assert message.report_url == "https://shop.test/report"
    assert message.click_url == "http://shop.test/click"
    assert message.link is not None
    assert message.text == f"Sale: https://sl.test/{message.code} today"
    assert message.link.link == "https://shop.test/sale?a=1"


def test_json_takes_real_values_beside_texts(api: Caller, services: Services) -> None:
    answer = api.post(json=SMS | {"track_link": True, "tags": ["a", "b"], "sender": 12345, "callbackurl": None})
    message = services.messages.get(answer.get_json()["msgid"])
    assert (message.tracked, message.tags, message.sender) == (True, ("a", "b"), "12345")


@pytest.mark.parametrize(
    "options",
    [
        {"data": "message=こんにちは&recipient=%2B818011234567&sender=SHOP".encode()},
        {"data": b"message=%E3%81%93%E3%82%93%E3%81%AB%E3%81%A1%E3%81%AF&recipient=%2B818011234567&sender=SHOP"},
        {"data": '{"message": "こんにちは", "recipient": "+818011234567", "sender": "SHOP"}'.encode()},
        {"data": '\ufeff{"message": "こんにちは", "recipient": "+818011234567", "sender": "SHOP"}'.encode()},
    ],
    ids=["raw", "encoded", "json", "json with a byte order mark"],
)
def test_japanese_text_arrives_unharmed(api: Caller, services: Services, options: dict[str, Any]) -> None:
    kind = "application/json" if b"{" in options["data"] else "application/x-www-form-urlencoded; charset=UTF-8"
    answer = api.post(content_type=kind, **options)
    assert answer.status_code == 201, answer.text
    sent = answer.get_json() if isinstance(answer.get_json(), dict) else answer.get_json()[0]
    assert services.messages.get(sent["msgid"]).text == "こんにちは"


def test_multipart_is_taken_as_a_form(api: Caller, services: Services) -> None:
    answer = api.post(data=SMS | {"tags": "é"}, content_type="multipart/form-data")
    assert answer.status_code == 201
    assert services.messages.get(answer.get_json()[0]["msgid"]).tags == ("é",)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_of_a_repeated_field_the_last_counts(api: Caller, services: Services, content_type: str) -> None:
    answer = api.post(data=SMS | {"message": ["first", "last"]}, content_type=content_type)
    assert services.messages.get(answer.get_json()[0]["msgid"]).text == "last"


ARRAYS = [  # as libraries write the same array
    [("tags", "new"), ("tags", "vip,tokyo")],
    [("tags[]", "new"), ("tags[]", "vip"), ("tags[]", "tokyo")],
    [("tags[0]", "new"), ("tags[1]", "vip"), ("tags[2]", "tokyo")],
]


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize("array", ARRAYS, ids=["Python, Ruby, Go", "JavaScript", "PHP"])
def test_an_array_of_tags_in_a_form_loses_none(
    api: Caller, services: Services, content_type: str, array: list[tuple[str, str]]
) -> None:
    answer = api.post(data=MultiDict([*SMS.items(), *array]), content_type=content_type)
    assert services.messages.get(answer.get_json()[0]["msgid"]).tags == ("new", "vip", "tokyo")


@pytest.mark.parametrize("name", ["tag[]", "tags[new]", "tags[0][name]", "tags]", "xtags[]"])
def test_what_only_looks_like_an_array_of_tags_is_a_field_that_is_ignored(
    api: Caller, services: Services, name: str
) -> None:
    assert services.messages.get(api.send(**{name: "x", "tags": "mine"})).tags == ("mine",)


def test_a_file_among_the_tags_is_a_fault_of_theirs(api: Caller) -> None:
    tags = [("tags[]", "new"), ("tags[]", (BytesIO(b"x"), "tags.txt"))]
    answer = api.post(data=MultiDict([*SMS.items(), *tags]), content_type="multipart/form-data")
    assert (answer.status_code, answer.get_json()) == (400, {"tags": ["Not a valid string."]})


def test_click_url_without_tracking_is_ignored(api: Caller, services: Services) -> None:
    message = services.messages.get(api.send(lt_callbackurl="https://shop.test/click"))
    assert (message.tracked, message.click_url) == (False, None)


def test_an_account_without_a_limit_is_told_of_none(api: Caller) -> None:
    assert "RateLimit" not in api.post(data=SMS).headers


class TestIdempotency:
    KEY: ClassVar = {"Idempotency-Key": "order-4711"}

    def test_same_request_gets_the_same_answer_and_says_so(self, api: Caller) -> None:
        first, again = (api.post(data=SMS, headers=self.KEY) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.data == again.data
        assert "Idempotent-Replayed" not in first.headers
        assert again.headers["Idempotent-Replayed"] == "true"

    def test_quoted_and_bare_are_the_same_key(self, api: Caller) -> None:
        first = api.post(data=SMS, headers=self.KEY)
        again = api.post(json=SMS, headers={"Idempotency-Key": '"order-4711"'})
        assert again.get_json() == first.get_json()[0]

    def test_another_request_under_a_used_key_is_422(self, api: Caller) -> None:
        api.post(data=SMS, headers=self.KEY)
        answer = api.post(data=SMS | {"message": "Another"}, headers=self.KEY)
        assert (answer.status_code, answer.content_type) == (422, "application/problem+json")

    def test_keys_of_two_accounts_never_meet(self, api: Caller, open_api: Any) -> None:
        mine, theirs = (one.post(data=SMS, headers=self.KEY).get_json()[0]["msgid"] for one in (api, open_api()))
        assert mine != theirs

    @pytest.mark.parametrize("key", ["", '""', "x" * 256, "tab\there", "naïve"])
    def test_key_out_of_bounds_is_400(self, api: Caller, key: str) -> None:
        answer = api.post(data=SMS, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.content_type) == (400, "application/problem+json")
        assert "Idempotency-Key" in answer.get_json()["detail"]

    @pytest.mark.parametrize("key", ["x" * 255, "a b~!", '"', 'a"b'])
    def test_key_at_the_bounds_is_taken(self, api: Caller, key: str) -> None:
        assert api.post(data=SMS, headers={"Idempotency-Key": key}).status_code == 201
