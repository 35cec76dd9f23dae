"""From the ledger to the carrier: what each answer to a send leads to."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from shortlink.carriers.twilio_errors import reason_for
from shortlink.domain.due import Due
from shortlink.domain.errors import (
    CarrierBusy,
    CarrierRefused,
    CarrierRejectsUs,
    RecipientOptedOut,
)
from shortlink.domain.message import DeliveryReceipt, MessageStatus
from shortlink.domain.opt_out import OptOutReason
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.send_desk import SendDesk
from shortlink.use_cases.submit_message import submit_message
from tests.factories import make_message
from tests.use_cases.attending import QUEUED, Add, S, status_of
from tests.use_cases.conftest import ScriptedCarrier


def test_a_taken_message_is_submitted_once_with_its_receipt_address(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [QUEUED]
    attend_message(message.code, desk)
    (submission,) = carrier.submitted
    assert (submission.text, submission.recipient) == (message.text, message.recipient)
    assert submission.receipt_url == f"https://api.test/receipts/{message.id}"
    assert submission.not_after == pytest.approx(time.monotonic() + desk.rules.lease_ms / 2000, abs=10)
    kept = messages.get(message.id)
    assert (kept.status, kept.carrier_id) == (S.QUEUED, "SM1")


def test_a_carrier_that_is_away_is_told_once_a_minute_and_so_is_its_return(
    desk: SendDesk, carrier: ScriptedCarrier, add: Add, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    carrier.answers = [CarrierBusy("It is away."), CarrierBusy("It is away."), CarrierBusy("Wait.", code="20429")]
    for _ in range(3):
        attend_message(add().code, desk)
    assert caplog.text.count("It is away. They wait") == 1
    carrier.answers = [QUEUED, QUEUED]
    for _ in range(2):
        attend_message(add().code, desk)
    assert caplog.text.count("the carrier takes messages again") == 1


def test_a_carrier_that_only_asks_for_patience_is_not_told(
    desk: SendDesk, carrier: ScriptedCarrier, add: Add, caplog: pytest.LogCaptureFixture
) -> None:
    carrier.answers = [CarrierBusy("Wait.", code="20429")]
    attend_message(add().code, desk)
    assert caplog.text == ""


@pytest.mark.parametrize("tracked", [True, False])
def test_whose_an_id_of_the_carriers_is_is_noted_where_no_link_tells(
    desk: SendDesk, carrier: ScriptedCarrier, client: Store, add: Add, tracked: bool
) -> None:
    message = add(make_message(tracked=tracked))
    carrier.answers = [QUEUED]
    attend_message(message.code, desk)
    assert client.get(keys.carrier_id("SM1")) == (None if tracked else message.code)


def test_the_intent_is_stored_before_the_carrier_is_called(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    seen: list[MessageStatus] = []

    def answer() -> DeliveryReceipt:
        seen.append(status_of(messages, message))
        return QUEUED

    carrier.answers = [answer]
    attend_message(message.code, desk)
    assert seen == [S.SUBMITTING]


def test_a_message_is_not_attended_to_when_its_lease_was_half_over_by_the_claim(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [QUEUED]
    attend_message(message.code, desk)
    carrier.fetched = DeliveryReceipt(carrier_id="SM1", status=S.DELIVERED)
    attend_message(message.code, replace(desk, rules=replace(desk.rules, lease_ms=0)))
    assert status_of(messages, message) is S.QUEUED


def test_a_message_is_not_sent_when_half_its_lease_is_over(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [QUEUED]
    claim = desk.sendings.claim(message.code, lease_ms=desk.rules.lease_ms, first_look_ms=0)
    assert claim is not None
    submit_message(claim, desk, started=time.monotonic() - desk.rules.lease_ms / 2000)
    assert carrier.submitted == []
    assert status_of(messages, message) is S.SUBMITTING


@pytest.mark.parametrize(("code", "error"), [("21211", "21211"), (None, "refused")])
def test_a_refused_message_fails_for_good_and_owes_its_report(
    desk: SendDesk,
    carrier: ScriptedCarrier,
    messages: MessageStore,
    client: Store,
    add: Add,
    code: str | None,
    error: str,
) -> None:
    message = add()
    carrier.answers = [CarrierRefused("no such number", code=code)]
    attend_message(message.code, desk)
    kept = messages.get(message.id)
    assert (kept.status, kept.error, kept.carrier_id) == (S.FAILED, error, None)
    assert Ledger(client).depth(Due.CALLBACKS) == 1
    assert Ledger(client).depth(Due.MESSAGES) == 0


def test_a_busy_carrier_is_asked_again_until_it_takes_the_message(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [CarrierBusy("429"), CarrierBusy("refused"), QUEUED]
    for expected in (S.ACCEPTED, S.ACCEPTED, S.QUEUED):
        attend_message(message.code, desk)
        assert status_of(messages, message) is expected


def test_the_carriers_own_wish_to_wait_is_honoured(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, client: Store, add: Add
) -> None:
    message = add()
    carrier.answers = [CarrierBusy("429", retry_after=30)]
    attend_message(message.code, desk)
    next_ms = Ledger(client).offer(Due.MESSAGES, again_ms=1, most=16).next_ms
    assert next_ms is not None
    assert 25_000 < next_ms <= 30_000
    assert status_of(messages, message) is S.ACCEPTED


def test_a_carrier_that_rejects_us_pauses_all_sending_and_fails_nothing(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    first, second = add(), add()
    carrier.answers = [CarrierRejectsUs("Authenticate", code="20003")]
    attend_message(first.code, desk)
    attend_message(second.code, desk)
    assert status_of(messages, first) is S.ACCEPTED
    assert status_of(messages, second) is S.ACCEPTED
    assert len(carrier.submitted) == 1
    assert "20003" in (desk.presence.sending_paused() or "")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("20003", "(20003): Twilio did not accept the credentials; check the credentials and settings for it"),
        ("http-401", "(http-401): Twilio answered HTTP 401 without a code of its own; check the"),
        ("21609", "(21609): The address for delivery receipts is not one that Twilio can reach; check the"),
    ],
)
def test_why_sending_is_paused_is_told_in_one_sentence_that_fits_every_code(
    desk: SendDesk, carrier: ScriptedCarrier, add: Add, code: str, said: str
) -> None:
    carrier.answers = [CarrierRejectsUs(reason_for(code), code=code)]
    attend_message(add().code, desk)
    assert (desk.presence.sending_paused() or "").startswith(f"the carrier refuses our account {said}")


def test_what_a_switched_off_account_had_waiting_is_not_sent(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    desk.accounts.change("SLtestaccount", disabled=True)
    attend_message(message.code, desk)
    kept = messages.get(message.id)
    assert (kept.status, kept.error, carrier.submitted) == (S.FAILED, "account-disabled", [])


def test_a_recipient_who_opted_out_after_the_accept_gets_nothing(
    desk: SendDesk, add: Add, carrier: ScriptedCarrier, messages: MessageStore, opt_outs: OptOutStore
) -> None:
    message = add()
    opt_outs.change(message.account, message.recipient, out=True, reason=OptOutReason.WORD)
    attend_message(message.code, desk)
    kept = messages.get(message.id)
    assert (kept.status, kept.error, carrier.submitted) == (S.FAILED, "opted-out", [])


def test_a_refusal_because_the_recipient_told_the_carrier_stop_is_an_opt_out(
    desk: SendDesk, add: Add, carrier: ScriptedCarrier, messages: MessageStore, opt_outs: OptOutStore
) -> None:
    message = add()
    carrier.answers.append(RecipientOptedOut("no", code="21610"))
    attend_message(message.code, desk)
    assert messages.get(message.id).error == "21610"
    assert [one.reason for one in opt_outs.list(message.account)] == [OptOutReason.CARRIER]


def test_only_senders_that_can_be_answered_are_noted(desk: SendDesk, add: Add, carrier: ScriptedCarrier) -> None:
    for sender in ("SHOP", "+15005550006"):
        carrier.answers.append(DeliveryReceipt(carrier_id=f"SM{sender}", status=S.QUEUED))
        attend_message(add(make_message(sender=sender)).code, desk)
    assert desk.senders.writers("15005550006", "+818011234567") == ["SLtestaccount"]
    assert desk.senders.writers("SHOP", "+818011234567") == []


def test_a_message_that_the_carrier_refused_gives_no_claim_to_answers(
    desk: SendDesk, add: Add, carrier: ScriptedCarrier
) -> None:
    carrier.answers.append(CarrierRefused("no such number", code="21211"))
    attend_message(add(make_message(sender="+15005550006")).code, desk)
    assert desk.senders.writers("15005550006", "+818011234567") == []
