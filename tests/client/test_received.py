"""The check of callbacks, against the signature that the service makes."""

from __future__ import annotations

import json

import pytest

from shortlink.callbacks.signature import sign
from shortlink.client import InvalidSignature, verify_callback
from shortlink.domain.account import webhook_secret

NEW, OLD, OTHER = (webhook_secret("SL1", version, b"k" * 32) for version in (2, 1, 3))
FORM = "kind=click&msgid=m1&link=https%3A%2F%2Fexample.com%2F&tags="
NOW = 1_795_301_773


def headers(body: str, *secrets: str, at: int = NOW, kind: str = "application/x-www-form-urlencoded") -> dict[str, str]:
    signed = sign(secrets or (NEW,), "m1-click", at * 1000, body)
    return {name.title(): value for name, value in signed.items()} | {"Content-Type": kind}


def test_a_genuine_callback_gives_its_id_and_fields() -> None:
    found = verify_callback(headers(FORM), FORM.encode(), NEW, now=NOW)
    assert (found.id, found.kind, found.msgid) == ("m1-click", "click", "m1")
    assert found.fields == {"kind": "click", "msgid": "m1", "link": "https://example.com/", "tags": ""}


def test_json_is_read_too() -> None:
    body = json.dumps({"type": "link.clicked", "data": {"msgid": "m1"}})
    found = verify_callback(headers(body, kind="application/json; charset=utf-8"), body, NEW, now=NOW)
    assert (found.kind, found.msgid) == ("link.clicked", "m1")


def test_either_secret_of_a_rotation_will_do() -> None:
    for secret in (NEW, OLD, [OTHER, OLD]):
        assert verify_callback(headers(FORM, NEW, OLD), FORM, secret, now=NOW).id == "m1-click"


@pytest.mark.parametrize(
    ("changes", "body", "secret", "now"),
    [
        ({}, FORM, OTHER, NOW),
        ({}, FORM + "&more=1", NEW, NOW),
        ({}, FORM, NEW, NOW + 301),
        ({}, FORM, NEW, NOW - 301),
        ({"Webhook-Id": "another"}, FORM, NEW, NOW),
        ({"Webhook-Timestamp": "soon"}, FORM, NEW, NOW),
        ({"Webhook-Timestamp": "9" * 400}, FORM, NEW, NOW),
        ({"Webhook-Timestamp": "9" * 5000}, FORM, NEW, NOW),
        ({"Webhook-Signature": "nonsense"}, FORM, NEW, NOW),
        ({"Webhook-Signature": "v1,\udcff"}, FORM, NEW, NOW),
        ({"Webhook-Signature": ""}, FORM, NEW, NOW),
    ],
)
def test_anything_else_is_refused(changes: dict[str, str], body: str, secret: str, now: int) -> None:
    with pytest.raises(InvalidSignature):
        verify_callback(headers(FORM) | changes, body.encode(), secret, now=now)


def test_a_secret_that_is_none_is_the_programmers_fault() -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify_callback(headers(FORM), FORM, "not base64!", now=NOW)
