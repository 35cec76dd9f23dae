"""What people answer on the handset: posted to the service as Twilio does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.server import running
from shortlink.simulator.simulation import Simulation
from tests.simulator.rig import Simulator, Validator

PHONE, SENDER = "+818012345678", "+15005550006"


@pytest.fixture
def answered(simulator: Simulator, account: TwilioAccount) -> Iterator[Simulator]:
    """A simulator whose phones write to the receiver of another."""
    with running(Simulation(account, inbound_url=f"{simulator.url}/callbacks/inbound")) as url:
        yield Simulator(url, account)


def reply(simulated: Simulator, body: str, **fields: str) -> requests.Response:
    form = {"from": PHONE, "to": SENDER, "body": body} | fields
    return requests.post(f"{simulated.url}/simulator/inbound", data=form, timeout=5)


def test_an_answer_is_posted_with_twilios_fields_and_signature(
    simulator: Simulator, answered: Simulator, account: TwilioAccount
) -> None:
    made = reply(answered, "STOP 停止").json()
    (came,) = simulator.received()
    fields = came["fields"]
    assert {name: fields[name] for name in ("From", "To", "Body", "MessageSid")} == {
        "From": PHONE,
        "To": SENDER,
        "Body": "STOP 停止",
        "MessageSid": made["sid"],
    }
    assert made["status"] == 200
    signature = came["headers"]["x-twilio-signature"]
    assert Validator(account.auth_token).validate(f"{simulator.url}/callbacks/inbound", fields, signature)


def test_a_repeat_has_the_same_sid_and_further_fields_are_handed_on(simulator: Simulator, answered: Simulator) -> None:
    sid = reply(answered, "STOP").json()["sid"]
    reply(answered, "STOP", sid=sid, OptOutType="STOP")
    assert [came["fields"]["MessageSid"] for came in simulator.received()] == [sid, sid]
    assert simulator.received()[1]["fields"]["OptOutType"] == "STOP"
    listed = requests.get(f"{answered.url}/simulator/inbound.json", timeout=5).json()
    assert [(one["sid"], one["from"], one["to"]) for one in listed] == [(sid, PHONE, SENDER)]


def test_the_handset_shows_an_answer_and_offers_to_write_one_only_to_a_number(answered: Simulator) -> None:
    answered.send(To=PHONE, From=SENDER)
    page = requests.get(f"{answered.url}/handset/{PHONE[1:]}", timeout=5).text
    assert 'action="/handset/replies"' in page
    shown = requests.post(
        f"{answered.url}/handset/replies", data={"from": PHONE, "to": SENDER, "body": "Thank you"}, timeout=5
    )
    assert "Thank you" in shown.text
    answered.send(To=PHONE, From="Shop")
    page = requests.get(f"{answered.url}/handset/{PHONE[1:]}", timeout=5).text
    assert "a phone cannot answer it" in page


def test_without_an_address_to_post_to_an_answer_is_refused(simulator: Simulator) -> None:
    refused = reply(simulator, "STOP")
    assert (refused.status_code, "--inbound-url" in refused.json()["error"]) == (400, True)
    assert reply(simulator, "STOP", to="").status_code == 400
