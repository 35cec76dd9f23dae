"""400 with a map of fields: every fault at once, under the customer's own names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import SMS, Caller


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in SMS.items() if name not in names}


@pytest.mark.parametrize("as_json", [False, True])
def test_all_missing_fields_are_named_at_once(api: Caller, as_json: bool) -> None:
    answer = api.post(json={}) if as_json else api.post(data={})
    required = ["This field is required."]
    assert answer.status_code == 400
    assert answer.get_json() == {"message": required, "recipient": required, "sender": required}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        (without("message"), {"message": ["This field is required."]}),
        (SMS | {"recipient": "+8108012345678"}, {"recipient": ["Invalid recipient"]}),
        (SMS | {"recipient": "+0808012345678"}, {"recipient": ["Invalid recipient"]}),
        (SMS | {"sender": "ElevenChars"}, {"sender": ["Invalid sender"]}),
        (SMS | {"message": "a" * 661}, {"message": ["Message too long"]}),
        (SMS | {"track_link": "maybe"}, {"track_link": ["Must be a valid boolean."]}),
        (SMS | {"callbackurl": "javascript:alert(1)"}, {"callbackurl": ["Enter a valid URL."]}),
        (SMS | {"lt_callbackurl": "http://", "track_link": "true"}, {"lt_callbackurl": ["Enter a valid URL."]}),
    ],
)
def test_fault_stands_under_the_customers_own_name(
    api: Caller, fields: dict[str, str], fault: dict[str, list[str]]
) -> None:
    for answer in (api.post(data=fields), api.post(json=fields)):
        assert (answer.status_code, answer.get_json()) == (400, fault)
        assert answer.content_type == "application/json"


def test_a_click_callback_is_ignored_without_tracking(api: Caller) -> None:
    assert api.post(data=SMS | {"lt_callbackurl": "http://"}).status_code == 201


def test_faults_of_every_field_come_together(api: Caller) -> None:
    bad = {"message": " ", "recipient": "1", "sender": "+", "track_link": "2", "tags": "x" * 65}
    answer = api.post(data=bad | {"callbackurl": "ftp://x", "lt_callbackurl": "http://10.0.0.1/"})
    assert sorted(answer.get_json()) == sorted([*bad, "callbackurl", "lt_callbackurl"])


LONG = {"message": "a" * 650 + " http://t.co"}
OURS = "Links to t.co are refused: this installation does not link there."


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"message": "a" * 661, "tags": "x" * 65}, {"message", "tags"}),
        ({"message": "a" * 661, "recipient": "+14155552671"}, {"message", "recipient"}),
        ({"recipient": "+14155552671", "sender": ""}, {"recipient", "sender"}),
        (LONG | {"track_link": "1", "callbackurl": "ftp://x"}, {"message", "callbackurl"}),
        (LONG | {"track_link": "maybe"}, {"track_link"}),  # whether it is too long depends on it
        ({"message": "a" * 661, "recipient": "1"}, {"message", "recipient"}),
    ],
)
def test_faults_by_the_rules_come_together_with_those_of_the_fields(
    open_api: Callable[..., Caller], fields: dict[str, str], faults: set[str]
) -> None:
    caller = open_api(countries=frozenset({"JP"}))
    batch = caller.post("/sms/messages/batch/", json={"messages": [SMS | fields]}).get_json()
    for answer in (caller.post(data=SMS | fields), caller.post(json=SMS | fields)):
        assert (answer.status_code, set(answer.get_json())) == (400, faults)
        assert batch == [{"errors": answer.get_json()}]


def test_a_link_that_is_refused_in_a_text_that_is_too_long_is_told_as_both(
    open_api: Callable[..., Caller], tmp_path: Path
) -> None:
    denied = tmp_path / "denied"
    denied.write_text("t.co\n")
    caller = open_api(target_deny_file=denied)
    both = [OURS, "Message too long"]
    for others in ({}, {"tags": "x" * 65}):
        assert caller.post(data=SMS | LONG | {"track_link": "1"} | others).get_json()["message"] == both


def test_a_text_that_its_short_link_makes_fit_is_no_fault_beside_another(api: Caller) -> None:
    fits = SMS | {"message": "a" * 600 + " https://example.com/" + "b" * 60, "track_link": "1"}
    assert set(api.post(data=fits | {"sender": ""}).get_json()) == {"sender"}
    assert set(api.post(data=fits | {"sender": "", "track_link": "0"}).get_json()) == {"sender", "message"}


def test_short_link_counts_towards_the_length(api: Caller) -> None:
    text = "a" * 640 + " http://t.co"
    assert api.post(data=SMS | {"message": text}).status_code == 201
    answer = api.post(data=SMS | {"message": text, "track_link": "true"})
    assert (answer.status_code, answer.get_json()) == (400, {"message": ["Message too long"]})


@pytest.mark.parametrize("value", [{}, [], 1.5, -1.0, {"a": [1]}, float("1e999")])
def test_json_of_a_wrong_kind_is_a_fault_of_its_field(api: Caller, value: Any) -> None:
    answer = api.post(json=SMS | {"message": value, "recipient": value, "callbackurl": value, "track_link": value})
    assert answer.status_code == 400
    if value != float("inf"):  # not JSON any more
        assert set(answer.get_json()) == {"message", "recipient", "callbackurl", "track_link"}


def test_half_a_surrogate_pair_is_a_fault_of_its_field(api: Caller) -> None:
    body = b'{"message": "\\ud800", "recipient": "+818011234567", "sender": "SHOP"}'
    answer = api.post(data=body, content_type="application/json")
    assert (answer.status_code, list(answer.get_json())) == (400, ["message"])
