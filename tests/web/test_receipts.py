"""Twilio's delivery receipts: signed, at an address that we made."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import redis
from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from shortlink.bootstrap.doors import Services, build
from shortlink.config import Settings
from shortlink.domain.message import Message
from shortlink.domain.message_id import new_message_id
from shortlink.domain.receipt_address import receipt_url
from shortlink.storage import keys
from shortlink.web.app import create_app
from tests.factories import MINT
from tests.web.conftest import API_URL, PROBLEM, Caller

DELIVERED = {"MessageSid": "SM" + "1" * 32, "MessageStatus": "delivered", "To": "+818011234567", "Body": "é"}


def sign(url: str, form: dict[str, str], token: str = "twilio-token") -> str:
    """Sign as https://www.twilio.com/docs/usage/security describes it."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def address(settings: Settings, message_id: str) -> str:
    return receipt_url(API_URL, message_id, settings.key)


def post(client: FlaskClient, url: str, form: Mapping[str, Any], signature: str | None, **options: Any) -> TestResponse:
    headers = {} if signature is None else {"X-Twilio-Signature": signature}
    return client.post(url.removeprefix(API_URL), data=form, headers=headers | options.pop("headers", {}), **options)


def test_signed_receipt_raises_the_status(api: Caller, settings: Settings, tracked: Message) -> None:
    url = address(settings, tracked.id)
    answer = post(api.client, url, DELIVERED, sign(url, DELIVERED))
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert api.status(tracked.id)["status"] == "DELIVERED"


def test_late_and_doubled_receipts_change_nothing(api: Caller, settings: Settings, tracked: Message) -> None:
    url = address(settings, tracked.id)
    sent = DELIVERED | {"MessageStatus": "sent"}
    for form in (DELIVERED, DELIVERED, sent):
        assert post(api.client, url, form, sign(url, form)).status_code == 204
    assert api.status(tracked.id)["status"] == "DELIVERED"


def test_the_configured_address_is_signed_not_the_host_header(
    api: Caller, settings: Settings, tracked: Message
) -> None:
    url = address(settings, tracked.id)
    evil = url.replace("api.test", "evil.test")
    headers = {"Host": "evil.test", "X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "http"}
    assert post(api.client, url, DELIVERED, sign(evil, DELIVERED), headers=headers).status_code == 403
    assert post(api.client, url, DELIVERED, sign(url, DELIVERED), headers=headers).status_code == 204


def test_query_is_part_of_what_is_signed(api: Caller, settings: Settings, tracked: Message) -> None:
    url = address(settings, tracked.id) + "?a=%20b&c"
    assert post(api.client, url, DELIVERED, sign(url, DELIVERED)).status_code == 204
    assert post(api.client, url, DELIVERED, sign(url.partition("?")[0], DELIVERED)).status_code == 403


@pytest.mark.parametrize("signature", [None, "", "x", "é", "=" * 5000])
def test_receipt_without_a_good_signature_is_403_and_changes_nothing(
    api: Caller, settings: Settings, tracked: Message, signature: str | None
) -> None:
    answer = post(api.client, address(settings, tracked.id), DELIVERED, signature)
    assert (answer.status_code, answer.content_type) == (403, PROBLEM)
    assert api.status(tracked.id)["status"] == "QUEUED"


def test_a_status_added_to_a_signed_receipt_breaks_the_signature(
    api: Caller, settings: Settings, tracked: Message
) -> None:
    url = address(settings, tracked.id)
    added = DELIVERED | {"MessageStatus": ["delivered", "failed"]}
    assert post(api.client, url, added, sign(url, DELIVERED)).status_code == 403


def test_a_signed_receipt_with_two_statuses_is_taken_and_believed_in_neither(
    api: Caller, settings: Settings, tracked: Message
) -> None:
    url = address(settings, tracked.id)
    before = api.status(tracked.id)["status"]
    form = MultiDict([*DELIVERED.items(), ("MessageStatus", "failed")])
    signature = RequestValidator("twilio-token").compute_signature(url, form)  # type: ignore[no-untyped-call]
    assert post(api.client, url, form, signature).status_code == 204
    assert api.status(tracked.id)["status"] == before


def test_a_signed_receipt_that_says_one_thing_twice_is_believed(
    api: Caller, settings: Settings, tracked: Message
) -> None:
    url = address(settings, tracked.id)
    form = DELIVERED | {"MessageStatus": ["delivered", "delivered"], "To": ["+818011234567", "+818011230000"]}
    signature = RequestValidator("twilio-token").compute_signature(url, MultiDict(form))  # type: ignore[no-untyped-call]
    assert post(api.client, url, form, signature).status_code == 204
    assert api.status(tracked.id)["status"] == "DELIVERED"


def test_a_changed_field_breaks_the_signature(api: Caller, settings: Settings, tracked: Message) -> None:
    url = address(settings, tracked.id)
    answer = post(api.client, url, DELIVERED | {"MessageStatus": "failed"}, sign(url, DELIVERED))
    assert answer.status_code == 403


def test_address_that_we_did_not_make_is_403_even_when_signed(
    api: Caller, settings: Settings, tracked: Message
) -> None:
    other = new_message_id(MINT.draw())
    for url in (
        address(settings, tracked.id)[:-1] + "x",
        address(settings, other).replace(other, tracked.id),
        f"{API_URL}/carriers/twilio/receipts/{tracked.id}/é",
    ):
        assert post(api.client, url, DELIVERED, sign(url, DELIVERED)).status_code == 403
    assert api.status(tracked.id)["status"] == "QUEUED"


def test_without_a_token_nothing_is_genuine(settings: Settings, api: Caller, tracked: Message) -> None:
    client = create_app(build(replace(settings, twilio_account_sid=None, twilio_auth_token=None))).test_client()
    url = address(settings, tracked.id)
    assert post(client, url, DELIVERED, sign(url, DELIVERED, token="")).status_code == 403


def test_message_that_is_gone_is_answered_well_so_that_nobody_repeats_it(
    api: Caller, settings: Settings, tracked: Message, store: redis.Redis
) -> None:
    store.delete(keys.record(tracked.code))
    url = address(settings, tracked.id)
    assert post(api.client, url, DELIVERED, sign(url, DELIVERED)).status_code == 204


@pytest.mark.parametrize("form", [DELIVERED | {"MessageStatus": "teleported"}, {"MessageStatus": "sent"}, {}])
def test_words_we_do_not_know_are_ignored(
    api: Caller, settings: Settings, tracked: Message, form: dict[str, str]
) -> None:
    url = address(settings, tracked.id)
    assert post(api.client, url, form, sign(url, form)).status_code == 204
    assert api.status(tracked.id)["status"] == "QUEUED"


def test_store_away_is_503_so_that_it_is_fetched_or_sent_again(
    lost_store: Settings, settings: Settings, tracked: Message
) -> None:
    url = address(settings, tracked.id)
    answer = post(create_app(build(lost_store)).test_client(), url, DELIVERED, sign(url, DELIVERED))
    assert (answer.status_code, answer.content_type) == (503, PROBLEM)


def test_body_over_the_limit_is_413(api: Caller, services: Services, settings: Settings, tracked: Message) -> None:
    form = DELIVERED | {"Body": "x" * 70_000}
    url = address(settings, tracked.id)
    assert post(api.client, url, form, sign(url, form)).status_code == 413


@pytest.mark.parametrize(("sender", "service", "to"), [("15005550006", None, "15005550006"), ("SHOP", "MG1", "MG1")])
def test_who_answers_a_message_that_only_a_receipt_knows_of_is_heard(
    open_api: Callable[..., Caller], settings: Settings, services: Services, sender: str, service: str | None, to: str
) -> None:
    api = open_api(twilio_messaging_service_sid=service)
    message = services.messages.get(api.send(sender=sender))
    url = address(settings, message.id)
    assert post(api.client, url, DELIVERED, sign(url, DELIVERED)).status_code == 204
    assert services.inbound_desk.senders.writers(to, message.recipient) == [api.sid]
