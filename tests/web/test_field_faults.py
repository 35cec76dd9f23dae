"""400 with a map of fields: every fault at once, under the customer's own names."""

from __future__ import annotations

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


def test_short_link_counts_towards_the_length(api: Caller) -> None:
    text = "a" * 640 + " http://t.co"
    assert api.post(data=SMS | {"message": text}).status_code == 201
    answer = api.post(data=SMS | {"message": text, "track_link": "true"})
    assert (answer.status_code, answer.get_json()) == (400, {"message": ["Message too long"]})


@pytest.mark.parametrize("value", [{}, [], 1.5, {"a": [1]}, float("1e999"), -1])
def test_json_of_a_wrong_kind_is_a_fault_of_its_field(api: Caller, value: Any) -> None:
    answer = api.post(json=SMS | {"message": value, "recipient": value, "callbackurl": value, "track_link": value})
    assert answer.status_code == 400
    if value != float("inf"):  # not JSON any more
        assert set(answer.get_json()) == {"message", "recipient", "callbackurl", "track_link"}


def test_half_a_surrogate_pair_is_a_fault_of_its_field(api: Caller) -> None:
    body = b'{"message": "\\ud800", "recipient": "+818011234567", "sender": "SHOP"}'
    answer = api.post(data=body, content_type="application/json")
    assert (answer.status_code, list(answer.get_json())) == (400, ["message"])
