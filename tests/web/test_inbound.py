"""What people answer: signed by Twilio, kept for the account that wrote to them, STOP honoured."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shortlink.bootstrap.doors import Services
from shortlink.config import Settings
from shortlink.domain.inbound import INBOUND_PATH
from shortlink.domain.opt_out import OPTED_OUT
from shortlink.storage.connection import connect
from shortlink.storage.senders import SenderStore
from tests.waiting import wait_until
from tests.web.conftest import API_URL, SMS, Caller
from tests.web.test_receipts import sign

NUMBER, PERSON = "+15005550006", SMS["recipient"]
URL = API_URL + INBOUND_PATH


def form(body: str, **fields: str) -> dict[str, str]:
    return {"MessageSid": "SM" + "1" * 32, "From": PERSON, "To": NUMBER, "Body": body, "NumMedia": "0"} | fields


def come_in(api: Caller, given: dict[str, str], signature: str | None = None) -> TestResponse:
    signed = sign(URL, given) if signature is None else signature
    return api.client.post(INBOUND_PATH, data=given, headers={"X-Twilio-Signature": signed})


@pytest.fixture
def wrote(settings: Settings, api: Caller) -> Caller:
    """An account that has written to the person from a number."""
    senders = SenderStore(connect(settings.redis_url), settings.key)
    senders.note(NUMBER.removeprefix("+"), api.sid, PERSON)
    return api


def eventually_refused(api: Caller) -> TestResponse:
    """Send until the door has noticed the account's first opt-out: it remembers accounts for half a second."""
    answers: list[TestResponse] = []

    def refused() -> bool:
        answers.append(api.post(data=SMS))
        return answers[-1].status_code != 201

    wait_until(refused)
    return answers[-1]


def test_stop_is_answered_with_empty_twiml_and_honoured_from_then_on(
    wrote: Caller, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = come_in(wrote, form("STOP"))
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert services.opt_outs.is_out(wrote.sid, PERSON)
    refused = eventually_refused(wrote)
    assert (refused.status_code, refused.get_json()) == (400, {"recipient": [OPTED_OUT]})
    assert wrote.post(data=SMS | {"recipient": "+818011234568"}).status_code == 201
    come_in(wrote, form("START", MessageSid="SM" + "2" * 32))
    assert wrote.post(data=SMS).status_code == 201


def test_a_repeat_with_an_idempotency_key_is_answered_as_before_the_opt_out(wrote: Caller) -> None:
    key = {"Idempotency-Key": "one"}
    first = wrote.post(data=SMS, headers=key).get_json()
    come_in(wrote, form("STOP"))
    eventually_refused(wrote)
    again = wrote.post(data=SMS, headers=key)
    assert (again.status_code, again.get_json()) == (201, first)


def test_twilios_own_reading_of_a_text_counts(wrote: Caller, services: Services) -> None:
    come_in(wrote, form("basta", OptOutType="STOP"))
    assert services.opt_outs.is_out(wrote.sid, PERSON)


def test_stop_holds_for_every_account_that_wrote_from_there_and_the_text_is_the_last_ones(
    wrote: Caller, settings: Settings, services: Services
) -> None:
    other, stranger = "SLother", "SLstranger"
    senders = SenderStore(connect(settings.redis_url), settings.key)
    senders.note(NUMBER.removeprefix("+"), other, PERSON)
    senders.note(NUMBER.removeprefix("+"), stranger, "+818099999999")
    come_in(wrote, form("STOP"))
    assert [services.opt_outs.is_out(sid, PERSON) for sid in (wrote.sid, other, stranger)] == [True, True, False]


def test_start_holds_for_the_last_writer_alone_and_a_late_second_report_of_stop_for_nobody(
    wrote: Caller, settings: Settings, services: Services
) -> None:
    senders = SenderStore(connect(settings.redis_url), settings.key)
    senders.note(NUMBER.removeprefix("+"), "SLother", PERSON)
    come_in(wrote, form("STOP"))
    come_in(wrote, form("Yes", MessageSid="SM" + "2" * 32))
    assert [services.opt_outs.is_out(sid, PERSON) for sid in (wrote.sid, "SLother")] == [True, False]
    come_in(wrote, form("STOP"))
    assert [services.opt_outs.is_out(sid, PERSON) for sid in (wrote.sid, "SLother")] == [True, False]


def test_an_answer_to_a_pool_of_numbers_finds_the_account_by_its_service(
    api: Caller, settings: Settings, services: Services
) -> None:
    SenderStore(connect(settings.redis_url), settings.key).note("MG1", api.sid, PERSON)
    come_in(api, form("STOP", To="+15005550999", MessagingServiceSid="MG1"))
    assert services.opt_outs.is_out(api.sid, PERSON)


@pytest.mark.parametrize("signature", ["", "x", "é"])
def test_an_answer_that_twilio_did_not_sign_is_403_and_changes_nothing(
    wrote: Caller, services: Services, signature: str
) -> None:
    assert come_in(wrote, form("STOP"), signature).status_code == 403
    assert not services.opt_outs.is_out(wrote.sid, PERSON)


@pytest.mark.parametrize("given", [form("STOP", To="+15005550999"), {"Body": "STOP"}, form("STOP", From="")])
def test_an_answer_that_is_nobodys_is_taken_well_and_logged_without_its_number(
    wrote: Caller, given: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert come_in(wrote, given).status_code == 200
    assert "inbound message ignored" in caplog.text
    assert PERSON[1:] not in caplog.text
