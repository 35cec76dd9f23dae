"""What Twilio refuses is refused here, with its codes and in its shape."""

from __future__ import annotations

from typing import Any

import phonenumbers
import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from shortlink.simulator.magic import MAGIC_RECIPIENTS, MAGIC_SENDERS
from tests.simulator.rig import Simulator


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "", "Body": ""}, 21604),
        ({"From": ""}, 21603),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"To": "12345"}, 21211),
        ({"To": "+0808012345678"}, 21211),
        ({"To": "+81801234ABCD"}, 21211),
        ({"From": "!"}, 21212),
        ({"From": "TwelveLetter"}, 21212),
        ({"StatusCallback": "not a url"}, 21609),
        ({"StatusCallback": "ftp://example.com/"}, 21609),
        ({"StatusCallback": "http://my_host.example/"}, 21609),
        ({"StatusCallback": "http://example.com:99999/"}, 21609),
        ({"StatusCallback": "http://[/"}, 21609),
        ({"StatusCallback": f"http://example.com/{'x' * 4000}"}, 21609),
    ],
)
def test_faulty_message_is_refused_and_not_stored(simulator: Simulator, fields: dict[str, str], code: int) -> None:
    answer = simulator.post(**fields)

    body = answer.json()
    assert (answer.status_code, body["code"], body["status"]) == (400, code, 400)
    assert body["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
    assert body["message"]
    assert simulator.sent() == []


@pytest.mark.parametrize("sender", ["+15005550006", "818012345678", "Shop", "A1", "12345", "Two words"])
def test_numbers_short_codes_and_names_may_send(simulator: Simulator, sender: str) -> None:
    assert simulator.send(From=sender)["from"] == sender


def test_longest_body_is_taken(simulator: Simulator) -> None:
    assert simulator.send(Body="x" * 1600)["num_segments"] == "11"


@pytest.mark.parametrize("row", [row for row in MAGIC_RECIPIENTS.values() if row.refusal])
def test_magic_recipient_is_refused(client: Any, row: object) -> None:
    behaviour = MAGIC_RECIPIENTS[getattr(row, "number", "")]
    with pytest.raises(TwilioRestException) as error:
        client.messages.create(to=behaviour.number, from_="+15005550006", body="Hello")
    assert (error.value.status, error.value.code) == (400, behaviour.refusal)


@pytest.mark.parametrize("sender", MAGIC_SENDERS)
def test_magic_sender_is_refused(client: Any, sender: str) -> None:
    with pytest.raises(TwilioRestException) as error:
        client.messages.create(to="+818012345678", from_=sender, body="Hello")
    assert error.value.code == MAGIC_SENDERS[sender][0]


@pytest.mark.parametrize("number", MAGIC_RECIPIENTS)
def test_magic_numbers_are_valid_so_that_the_service_lets_them_pass(number: str) -> None:
    parsed = phonenumbers.parse(number)
    assert phonenumbers.is_valid_number(parsed)
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number


@pytest.mark.parametrize("credentials", [("", ""), ("AC0123456789abcdef0123456789abcdef", "wrong"), ("other", "x")])
def test_wrong_credentials_are_refused(simulator: Simulator, credentials: tuple[str, str]) -> None:
    answer = requests.get(f"{simulator.messages_url}.json", auth=credentials, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_no_credentials_are_refused(simulator: Simulator) -> None:
    assert requests.get(f"{simulator.messages_url}.json", timeout=5).status_code == 401


def test_credentials_that_are_not_ascii_are_refused(simulator: Simulator) -> None:
    headers = {"Authorization": "Basic \xc3\xa9"}
    answer = requests.get(f"{simulator.messages_url}.json", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_another_account_is_refused(simulator: Simulator) -> None:
    url = f"{simulator.url}/2010-04-01/Accounts/ACffffffffffffffffffffffffffffffff/Messages.json"
    answer = requests.get(url, auth=simulator.credentials, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/Messages/SM00000000000000000000000000000000.json", 404, 20404),
        ("POST", "/Messages/SM00000000000000000000000000000000.json", 404, 20404),
        ("DELETE", "/Messages/SM00000000000000000000000000000000.json", 404, 20404),
        ("PUT", "/Messages.json", 405, 20004),
        ("GET", "/Messages.json?PageSize=many", 400, 20001),
        ("GET", "/Messages.json?PageToken=PAnonsense", 400, 20001),
    ],
)
def test_impossible_requests_get_twilios_errors(
    simulator: Simulator, method: str, path: str, status: int, code: int
) -> None:
    url = simulator.messages_url.removesuffix("/Messages") + path
    answer = requests.request(method, url, auth=simulator.credentials, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
