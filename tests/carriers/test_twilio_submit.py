from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from shortlink.carriers import Submission
from shortlink.carriers.twilio import TwilioCarrier, sender_address
from shortlink.domain.errors import CarrierBusy, OutcomeUnknown
from shortlink.domain.message import DeliveryReceipt, MessageStatus

if TYPE_CHECKING:
    from tests.carriers.conftest import Wire

ACCOUNT_SID = "AC" + "1" * 32
MESSAGE_SID = "SM" + "2" * 32
RECEIPT_URL = "https://sms.example.com/receipts/abc?k=1&s=2"
TEXT = "こんにちは https://l.example/abc & 100% +1 👍\nline two"


def submission(**given: Any) -> Submission:
    usual: dict[str, Any] = {
        "sender": "818012345678",
        "recipient": "+818011112222",
        "text": TEXT,
        "receipt_url": RECEIPT_URL,
        "message_id": "m1",
    }
    return Submission(**{**usual, **given})


def test_the_message_arrives_at_twilio_as_it_was_given(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued", "error_code": None})

    receipt = carrier.submit(submission())

    assert receipt == DeliveryReceipt(carrier_id=MESSAGE_SID, status=MessageStatus.QUEUED)
    (request,) = wire.seen
    assert (request.method, request.path) == ("POST", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json")
    assert request.form == {
        "To": "+818011112222",
        "From": "+818012345678",
        "Body": TEXT,
        "StatusCallback": RECEIPT_URL,
        "ValidityPeriod": "14400",
    }
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_no_receipt_url_asks_for_no_receipts(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued"})
    carrier.submit(submission(receipt_url=None))
    assert "StatusCallback" not in wire.seen[0].form


def test_a_messaging_service_picks_the_sender(wire: Wire, carrier_for: Callable[..., TwilioCarrier]) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "accepted"})
    carrier = carrier_for(wire.base_url, messaging_service_sid="MG" + "3" * 32)

    assert carrier.submit(submission()).status is MessageStatus.QUEUED

    assert wire.seen[0].form["MessagingServiceSid"] == "MG" + "3" * 32
    assert "From" not in wire.seen[0].form


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("818012345678", "+818012345678"),
        ("+818012345678", "+818012345678"),
        ("1234567", "+1234567"),
        ("123456", "123456"),
        ("12345", "12345"),
        ("ACME", "ACME"),
        ("Shop 24", "Shop 24"),
        ("４５６７８９０１", "４５６７８９０１"),
    ],
)
def test_only_whole_phone_numbers_get_a_plus(sender: str, address: str) -> None:
    assert sender_address(sender) == address


def credentials(wire: Wire) -> str:
    return base64.b64decode(wire.seen[0].headers["Authorization"].removeprefix("Basic ")).decode()


def test_the_auth_token_signs_in_without_an_api_key(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued"})
    carrier.submit(submission())
    assert credentials(wire) == f"{ACCOUNT_SID}:the-auth-token-of-the-tests"


def test_an_api_key_signs_in_for_the_same_account(wire: Wire, carrier_for: Callable[..., TwilioCarrier]) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued"})
    carrier_for(wire.base_url, api_key="SK1", api_secret="hush").submit(submission())
    assert credentials(wire) == "SK1:hush"
    assert f"/Accounts/{ACCOUNT_SID}/" in wire.seen[0].path


def test_the_environment_changes_neither_account_nor_host(
    wire: Wire, carrier_for: Callable[..., TwilioCarrier], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_EDGE", "TWILIO_REGION"):
        monkeypatch.setenv(name, "elsewhere")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued"})
    carrier_for(wire.base_url).submit(submission())
    assert credentials(wire) == f"{ACCOUNT_SID}:the-auth-token-of-the-tests"


def test_a_base_url_may_have_a_path(wire: Wire, carrier_for: Callable[..., TwilioCarrier]) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued"})
    carrier_for(wire.base_url + "/twilio/").submit(submission())
    assert wire.seen[0].path == f"/twilio/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


@pytest.mark.parametrize("base_url", ["127.0.0.1:8002", "ftp://127.0.0.1", "http://", "http://host:port"])
def test_a_base_url_that_leads_nowhere_is_refused_at_once(
    carrier_for: Callable[..., TwilioCarrier], base_url: str
) -> None:
    with pytest.raises(ValueError):
        carrier_for(base_url)


def test_a_failure_in_the_first_answer_keeps_its_code(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "failed", "error_code": 30008})
    receipt = carrier.submit(submission())
    assert receipt == DeliveryReceipt(carrier_id=MESSAGE_SID, status=MessageStatus.FAILED, error="30008")


def test_a_new_status_word_still_means_that_twilio_has_the_message(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "pondering"})
    assert carrier.submit(submission()).status is MessageStatus.QUEUED


def test_a_connection_is_used_again_right_after_its_answer(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued"})
    for _ in range(5):
        carrier.submit(submission())
    assert len({request.port for request in wire.seen}) == 1


def test_a_refusal_leaves_the_connection_usable(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer(429, {"code": 20429})
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued"})
    with pytest.raises(CarrierBusy):
        carrier.submit(submission())
    carrier.submit(submission())
    assert len({request.port for request in wire.seen}) == 1


def test_a_connection_that_the_carrier_is_going_to_close_is_not_used_again(wire: Wire, carrier: TwilioCarrier) -> None:
    raw = b'{"sid": "SM1", "status": "queued"}'
    wire.answer_bytes(201, raw, {"Connection": "close"})
    for _ in range(3):
        carrier.submit(submission())
    assert len({request.port for request in wire.seen}) == 3


def test_a_connection_that_the_carrier_closed_in_silence_costs_no_message(wire: Wire, carrier: TwilioCarrier) -> None:
    raw = b'{"sid": "SM1", "status": "queued"}'
    wire.answer_raw(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n\r\n%s" % (len(raw), raw))
    for _ in range(3):
        carrier.submit(submission())
        wire.wait_until_closed()
    assert len({request.port for request in wire.seen}) == 3


def test_a_reset_of_a_connection_that_was_used_before_is_unknown_and_not_repeated(
    wire: Wire, carrier: TwilioCarrier
) -> None:
    wire.answer(201, {"sid": MESSAGE_SID, "status": "queued"})
    wire.reset()
    carrier.submit(submission())
    with pytest.raises(OutcomeUnknown):
        carrier.submit(submission())
    assert len({request.port for request in wire.seen}) == 1
    assert len(wire.seen) == 2


def test_64_threads_may_submit_at_once(wire: Wire, carrier: TwilioCarrier) -> None:
    wire.answer_each(201, lambda request: {"sid": "SM" + request.form["To"], "status": "queued"})
    start = threading.Barrier(64)
    answers: dict[str, str] = {}

    def send(recipient: str) -> None:
        start.wait()
        answers[recipient] = carrier.submit(submission(recipient=recipient)).carrier_id

    threads = [threading.Thread(target=send, args=(f"+8180{number:08}",)) for number in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 64
    assert all(carrier_id == f"SM{recipient}" for recipient, carrier_id in answers.items())
