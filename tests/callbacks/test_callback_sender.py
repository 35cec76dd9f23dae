"""Signed callbacks from one end to the other."""

from __future__ import annotations

import base64
import json
import logging
import time
from ipaddress import ip_network
from urllib.parse import parse_qsl

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from shortlink.callbacks import CallbackSender
from shortlink.callbacks.payload import FORM_TYPE, JSON_TYPE, BodyFormat, encode_body
from shortlink.callbacks.signature import sign
from shortlink.domain.account import webhook_secret
from shortlink.domain.callback import Attempt
from tests.callbacks.conftest import Serve
from tests.callbacks.receivers import OK, Receiver, fixed

KEY = b"k" * 32
OLD, NEW, OTHER = (webhook_secret("SL0123456789", version, KEY) for version in (1, 2, 3))
FIELDS: dict[str, object] = {
    "msgid": "m1",
    "link": "https://例え.jp/?a=b&c",
    "accessed": True,
    "accessed_on": None,
    "tags": ["a", "b c"],
}


def now_ms() -> int:
    return int(time.time() * 1000)


def send(receiver: Receiver, secrets: list[str], body_format: BodyFormat = "form", **more: str) -> Attempt:
    body, content_type = encode_body(FIELDS, body_format)
    sender = CallbackSender(allowed_networks=[ip_network("127.0.0.0/8")], timeout_seconds=10, **more)
    return sender.send(
        f"http://127.0.0.1:{receiver.port}/hook?key=hush",
        event_id="evt_1",
        body=body,
        content_type=content_type,
        secrets=secrets,
        now_ms=now_ms(),
    )


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_form_verifies_with_the_old_and_the_new_secret(secret: str, serve: Serve) -> None:
    receiver = serve(fixed(OK))
    send(receiver, [NEW, OLD])
    [request] = receiver.requests
    assert Webhook(secret).verify(request.body, request.headers, json_parse=False) is None
    assert request.headers["webhook-id"] == "evt_1"
    assert request.headers["content-type"] == FORM_TYPE
    assert dict(parse_qsl(request.body.decode(), keep_blank_values=True))["link"] == FIELDS["link"]


def test_json_verifies_and_is_what_was_given(serve: Serve) -> None:
    receiver = serve(fixed(OK))
    send(receiver, [NEW], "json")
    [request] = receiver.requests
    assert Webhook(NEW).verify(request.body, request.headers) == FIELDS
    assert request.headers["content-type"] == JSON_TYPE


def test_another_secret_or_a_changed_body_does_not_verify(serve: Serve) -> None:
    receiver = serve(fixed(OK))
    send(receiver, [NEW, OLD])
    [request] = receiver.requests
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(request.body, request.headers, json_parse=False)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(request.body + b"&x=1", request.headers, json_parse=False)


def test_attempt_carries_the_time_it_was_signed_for(serve: Serve) -> None:
    sender = CallbackSender(allowed_networks=[ip_network("127.0.0.0/8")], timeout_seconds=10)
    receiver = serve(fixed(OK))
    url = f"http://127.0.0.1:{receiver.port}/"
    attempt = sender.send(url, event_id="e", body="", content_type=FORM_TYPE, secrets=[NEW], now_ms=1_700_000_000_999)
    assert (attempt.at, attempt.delivered) == (1_700_000_000_999, True)
    assert receiver.requests[0].headers["webhook-timestamp"] == "1700000000"


def test_receiver_sees_who_calls(serve: Serve) -> None:
    receiver = serve(fixed(OK))
    send(receiver, [NEW])
    send(receiver, [NEW], user_agent="Mine/2")
    assert [request.headers["user-agent"] for request in receiver.requests] == ["Shortlink-Callback/1.0", "Mine/2"]


def test_private_address_is_refused_for_good() -> None:
    sender = CallbackSender(allowed_networks=(), timeout_seconds=10)
    attempt = sender.send(
        "http://127.0.0.1/", event_id="e", body="", content_type=FORM_TYPE, secrets=[NEW], now_ms=now_ms()
    )
    assert attempt.error == "refused"
    assert attempt.final


def test_network_that_hides_others_cannot_be_allowed() -> None:
    with pytest.raises(ValueError, match="64:ff9b::/96"):
        CallbackSender(allowed_networks=[ip_network("64:ff9b::/96")], timeout_seconds=10)


def test_nothing_secret_is_logged(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    receiver = serve(fixed(OK))
    send(receiver, [NEW, OLD])
    receiver.close()
    send(receiver, [NEW, OLD])
    [request] = receiver.requests
    for secret in (NEW, OLD, NEW[6:], request.headers["webhook-signature"], request.body.decode(), "hush", "m1"):
        assert secret not in caplog.text


def test_signature_is_that_of_the_specification() -> None:
    # The example of the Standard Webhooks and Svix documents.
    secret = "whsec_" + base64.b64encode(base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).decode()
    headers = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330_000, '{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_callback_without_a_secret_is_not_signed_with_nothing() -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        sign([], "e", now_ms(), "")


def test_form_is_flat() -> None:
    body, content_type = encode_body(
        {"a": None, "b": True, "c": False, "d": ["x", "y z"], "e": [], "f": 1.5, "g": 0, "h": "é&=+ 日"}, "form"
    )
    assert content_type == "application/x-www-form-urlencoded"
    assert body == "a=&b=true&c=false&d=x%2Cy+z&e=&f=1.5&g=0&h=%C3%A9%26%3D%2B+%E6%97%A5"


def test_json_is_as_it_is() -> None:
    body, content_type = encode_body({"a": None, "b": True, "d": ["x", "日"], "f": {"g": 1.5}}, "json")
    assert content_type == "application/json"
    assert body == '{"a": null, "b": true, "d": ["x", "日"], "f": {"g": 1.5}}'


@pytest.mark.parametrize("body_format", ["form", "json"])
def test_half_a_character_does_not_stop_a_callback(body_format: BodyFormat) -> None:
    body, _ = encode_body({"tag": "a\ud83d"}, body_format)
    assert body.encode()
    assert json.loads(body) == {"tag": "a?"} if body_format == "json" else body == "tag=a%3F"
