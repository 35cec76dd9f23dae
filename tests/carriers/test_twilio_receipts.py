from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Mapping

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from shortlink.carriers.twilio import TwilioCarrier
from shortlink.carriers.twilio_receipts import TwilioReceipts
from shortlink.domain.message import DeliveryReceipt, MessageStatus

# The example of Twilio's documentation (Webhooks security), in its older and its present form.
DOCUMENTED_TOKEN = "12345"
DOCUMENTED_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
DOCUMENTED = [
    ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
]

TOKEN = "the-auth-token-of-the-tests"
URL = "https://sms.example.com/receipts/abcdefghi?sig=0a1b"
FORM = {
    "SmsSid": "SM1",
    "MessageSid": "SM1",
    "SmsStatus": "delivered",
    "MessageStatus": "delivered",
    "To": "+818011112222",
    "From": "ACME",
    "AccountSid": "AC1",
    "ApiVersion": "2010-04-01",
    "RawDlrDoneDate": "2611211200",
    "Empty": "",
    "名": "前",
}


def sign(url: str, form: Mapping[str, str], token: str = TOKEN) -> str:
    """Let Twilio's own SDK sign, so that ours is checked against another hand."""
    return str(RequestValidator(token).compute_signature(url, form))  # type: ignore[no-untyped-call]


def documented_form(caller: str) -> dict[str, str]:
    return {
        "CallSid": "CA1234567890ABCDE",
        "Caller": caller,
        "Digits": "1234",
        "From": caller,
        "To": "+18005551212",
    }


@pytest.mark.parametrize(("caller", "signature"), DOCUMENTED)
def test_the_documented_example_is_genuine(caller: str, signature: str) -> None:
    receipts = TwilioReceipts(DOCUMENTED_TOKEN)
    assert receipts.receipt_is_genuine(DOCUMENTED_URL, documented_form(caller).items(), signature)
    assert not receipts.receipt_is_genuine(DOCUMENTED_URL, documented_form("+14158675300").items(), signature)


def test_what_twilios_sdk_signs_is_genuine_when_a_parameter_comes_several_times() -> None:
    form = MultiDict([*FORM.items(), ("To", "+818011113333"), ("To", "+818011110000"), ("From", "ACME")])
    given = list(form.items(multi=True))
    assert TwilioReceipts(TOKEN).receipt_is_genuine(URL, given, sign(URL, form))
    assert not TwilioReceipts(TOKEN).receipt_is_genuine(URL, given, sign(URL, FORM))


def test_what_twilios_sdk_signs_is_genuine_in_whatever_order_it_comes() -> None:
    receipts = TwilioReceipts(TOKEN)
    assert receipts.receipt_is_genuine(URL, FORM.items(), sign(URL, FORM))
    assert receipts.receipt_is_genuine(URL, list(reversed(FORM.items())), sign(URL, FORM))
    assert receipts.receipt_is_genuine(URL, [], sign(URL, {}))


@pytest.mark.parametrize(
    "url",
    [
        "https://sms.example.com/receipts/abcdefghj?sig=0a1b",
        "https://sms.example.com/receipts/abcdefghi?sig=0a1c",
        "https://sms.example.com/receipts/abcdefghi",
        "http://sms.example.com/receipts/abcdefghi?sig=0a1b",
        "https://evil.example.com/receipts/abcdefghi?sig=0a1b",
        "https://sms.example.com:8443/receipts/abcdefghi?sig=0a1c",
        "",
        "https://[broken",
    ],
)
def test_another_url_is_not_genuine(url: str) -> None:
    assert not TwilioReceipts(TOKEN).receipt_is_genuine(url, FORM.items(), sign(URL, FORM))


@pytest.mark.parametrize(
    "form",
    [
        {**FORM, "MessageStatus": "failed"},
        {**FORM, "More": "1"},
        {**FORM, "Empty": " "},
        {name: value for name, value in FORM.items() if name != "RawDlrDoneDate"},
        {name.lower(): value for name, value in FORM.items()},
        {},
    ],
)
def test_an_altered_form_is_not_genuine(form: dict[str, str]) -> None:
    assert not TwilioReceipts(TOKEN).receipt_is_genuine(URL, form.items(), sign(URL, FORM))


@pytest.mark.parametrize("signature", ["", " ", "AAAA", "é", "ｘ" * 28, "\ud800", "=" * 28, sign(URL, FORM)[:-1]])
def test_a_wrong_or_odd_signature_is_not_genuine(signature: str) -> None:
    assert not TwilioReceipts(TOKEN).receipt_is_genuine(URL, FORM.items(), signature)


def test_another_token_signs_nothing_genuine() -> None:
    assert not TwilioReceipts(TOKEN).receipt_is_genuine(URL, FORM.items(), sign(URL, FORM, "another"))


def test_without_a_token_nothing_is_genuine() -> None:
    assert not TwilioReceipts("").receipt_is_genuine(URL, FORM.items(), sign(URL, FORM, ""))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("https://sms.example.com/r?a=1", "https://sms.example.com:443/r?a=1"),
        ("http://sms.example.com/r?a=1", "http://sms.example.com:80/r?a=1"),
        ("https://sms.example.com:8443/r", "https://sms.example.com/r"),
        ("https://sms.example.com:8443/r", "https://sms.example.com:8443/r"),
        ("http://[::1]:8000/r", "http://[::1]/r"),
        ("http://127.0.0.1:8000/r?u=http://127.0.0.1:8000", "http://127.0.0.1/r?u=http://127.0.0.1:8000"),
    ],
)
def test_the_port_may_be_named_or_not(ours: str, theirs: str) -> None:
    assert TwilioReceipts(TOKEN).receipt_is_genuine(ours, FORM.items(), sign(theirs, FORM))


def test_another_port_is_not_genuine() -> None:
    ours, theirs = "https://sms.example.com:8443/r", "https://sms.example.com:9443/r"
    assert not TwilioReceipts(TOKEN).receipt_is_genuine(ours, FORM.items(), sign(theirs, FORM))


def test_the_carrier_reads_and_checks_receipts_itself() -> None:
    carrier = TwilioCarrier(account_sid="AC1", auth_token=TOKEN, api_key="SK1", api_secret="hush")
    assert carrier.receipt_is_genuine(URL, FORM.items(), sign(URL, FORM)), (
        "the auth token signs, also beside an API key"
    )
    assert not carrier.receipt_is_genuine(URL, FORM.items(), sign(URL, FORM, "hush"))
    assert carrier.read_receipt(FORM) == DeliveryReceipt(carrier_id="SM1", status=MessageStatus.DELIVERED)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("accepted", MessageStatus.QUEUED),
        ("scheduled", MessageStatus.QUEUED),
        ("queued", MessageStatus.QUEUED),
        ("sending", MessageStatus.SENT),
        ("sent", MessageStatus.SENT),
        ("partially_delivered", MessageStatus.SENT),
        ("delivered", MessageStatus.DELIVERED),
        ("read", MessageStatus.DELIVERED),
        ("undelivered", MessageStatus.UNDELIVERED),
        ("failed", MessageStatus.FAILED),
        ("canceled", MessageStatus.FAILED),
    ],
)
def test_status_words_are_translated(word: str, status: MessageStatus) -> None:
    receipt = TwilioReceipts(TOKEN).read_receipt({"MessageSid": "SM1", "MessageStatus": word})
    assert receipt is not None
    assert receipt.status is status


@pytest.mark.parametrize("word", ["received", "receiving", "pondering", "Delivered", "", "x" * 500])
def test_a_word_without_meaning_for_us_is_ignored_and_logged(word: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        form = {"MessageSid": "SM1", "MessageStatus": word, "To": "+818011112222"}
        assert TwilioReceipts(TOKEN).read_receipt(form) is None
    assert "receipt ignored, as it has a status that is not known here: carrier_id='SM1'" in caplog.text
    assert "8011112222" not in caplog.text
    assert len(caplog.text) < 300


@pytest.mark.parametrize("form", [{"MessageStatus": "sent"}, {}])
def test_a_receipt_without_an_id_is_ignored_and_logged(form: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    assert TwilioReceipts(TOKEN).read_receipt(form) is None
    assert "receipt ignored, as it names no message" in caplog.text


def test_the_older_names_of_the_parameters_are_understood() -> None:
    receipt = TwilioReceipts(TOKEN).read_receipt({"SmsSid": "SM1", "SmsStatus": "sent"})
    assert receipt == DeliveryReceipt(carrier_id="SM1", status=MessageStatus.SENT)


@pytest.mark.parametrize(
    ("word", "code", "error"),
    [
        ("undelivered", "30003", "30003"),
        ("failed", "30007", "30007"),
        ("failed", "0", None),
        ("failed", "", None),
        ("failed", None, None),
        ("canceled", None, "canceled"),
        ("delivered", "30003", None),
        ("sent", "30007", None),
    ],
)
def test_only_failures_carry_an_error(word: str, code: str | None, error: str | None) -> None:
    form = {"MessageSid": "SM1", "MessageStatus": word}
    receipt = TwilioReceipts(TOKEN).read_receipt(form if code is None else {**form, "ErrorCode": code})
    assert receipt is not None
    assert receipt.error == error


def test_reading_receipts_does_not_load_the_sdk() -> None:
    program = (
        "import sys, shortlink.carriers, shortlink.carriers.twilio_receipts\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('twilio', 'requests', 'certifi', 'flask')])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
