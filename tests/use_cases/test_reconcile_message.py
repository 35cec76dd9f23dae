"""A message of which nobody knows whether the carrier has it: looked for, adopted, sent again or held."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from shortlink.domain.errors import (
    CarrierBusy,
    CarrierRejectsUs,
    OutcomeUnknown,
)
from shortlink.domain.message import DeliveryReceipt, Message
from shortlink.storage.connection import Store
from shortlink.storage.messages import MessageStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.reconcile_message import LOOKED_FOR_MS
from shortlink.use_cases.send_desk import SendDesk
from tests.factories import link_start, make_message
from tests.use_cases.attending import QUEUED, Add, S, at_carrier, status_of
from tests.use_cases.conftest import ScriptedCarrier


def test_an_unknown_outcome_is_looked_up_and_adopted_never_sent_again(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [OutcomeUnknown("timeout")]
    attend_message(message.code, desk)
    assert status_of(messages, message) is S.UNKNOWN
    carrier.listed = [at_carrier(message)]
    attend_message(message.code, desk)
    kept = messages.get(message.id)
    assert (kept.status, kept.carrier_id) == (S.SENT, "SM9")
    assert len(carrier.submitted) == 1
    assert carrier.looked_since == [message.accepted_at - 600_000]  # its clock may be behind


@pytest.mark.parametrize(("more", "found"), [("", "SM9"), (" or so", None)])
def test_a_message_without_a_link_is_found_by_its_whole_text_alone(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add, more: str, found: str | None
) -> None:
    message = add(make_message(tracked=False))
    carrier.answers = [OutcomeUnknown("timeout")]
    attend_message(message.code, desk)
    carrier.listed = [replace(at_carrier(message), text=message.text + more)]
    attend_message(message.code, desk)
    assert messages.get(message.id).carrier_id == found


def test_a_message_absent_at_the_last_look_is_sent_again(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [OutcomeUnknown("timeout"), QUEUED]
    for expected in (S.UNKNOWN, S.UNKNOWN, S.UNKNOWN, S.ACCEPTED, S.QUEUED):
        attend_message(message.code, desk)
        assert status_of(messages, message) is expected
    assert len(carrier.submitted) == 2


def test_an_account_that_holds_never_sends_again(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    desk.accounts.change("SLtestaccount", hold_unconfirmed=True)
    message = add()
    carrier.answers = [OutcomeUnknown("timeout")]
    for _ in range(6):
        attend_message(message.code, desk)
    assert status_of(messages, message) is S.UNCONFIRMED
    assert len(carrier.submitted) == 1


def test_a_carrier_that_cannot_be_asked_counts_no_look(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [OutcomeUnknown("timeout")]
    carrier.listed = CarrierBusy("429")
    for _ in range(10):
        attend_message(message.code, desk)
    assert status_of(messages, message) is S.UNKNOWN
    assert len(carrier.submitted) == 1


def test_two_equal_messages_without_links_never_adopt_the_same_one(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    first, second = add(make_message(tracked=False)), add(make_message(tracked=False))
    carrier.answers = [QUEUED, OutcomeUnknown("timeout"), DeliveryReceipt(carrier_id="SM2", status=S.QUEUED)]
    attend_message(first.code, desk)
    carrier.listed = [at_carrier(first, "SM1")]
    for _ in range(5):
        attend_message(second.code, desk)
    assert messages.get(first.id).carrier_id == "SM1"
    assert messages.get(second.id).carrier_id == "SM2"


@pytest.mark.parametrize("has_link_of_its_own", [True, False])
def test_a_later_message_that_repeats_a_short_link_is_not_taken_for_the_first(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add, has_link_of_its_own: bool
) -> None:
    lost = add()
    carrier.answers = [OutcomeUnknown("timeout")]
    attend_message(lost.code, desk)
    assert lost.link is not None
    later = make_message(tracked=has_link_of_its_own)
    later = add(replace(later, text=f"{later.text} Once more: {lost.link.short_url}"))
    carrier.answers = [DeliveryReceipt(carrier_id="SM2", status=S.QUEUED)]
    attend_message(later.code, desk)
    carrier.listed = [at_carrier(later, "SM2")]
    carrier.answers = [DeliveryReceipt(carrier_id="SM3", status=S.QUEUED)]
    for _ in range(5):
        attend_message(lost.code, desk)
    assert messages.get(later.id).carrier_id == "SM2"
    assert messages.get(lost.id).carrier_id == "SM3"


def test_a_text_whose_marks_the_carrier_changed_is_found_all_the_same(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [OutcomeUnknown("timeout")]
    attend_message(message.code, desk)
    carrier.listed = [replace(at_carrier(message), text=message.text.replace(" ", "  "))]
    attend_message(message.code, desk)
    assert messages.get(message.id).carrier_id == "SM9"


def look_for(message: Message, desk: SendDesk, carrier: ScriptedCarrier, *, listed: str) -> None:
    """Lose the answer of the carrier, and look for the message where the carrier lists a text."""
    carrier.answers = [OutcomeUnknown("timeout")]
    attend_message(message.code, desk)
    carrier.listed = [replace(at_carrier(message), text=listed)]
    attend_message(message.code, desk)


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("“Sale” – tomorrow…", '"Sale" - tomorrow...'),
        ("Your code:\u00a0123 456 ", "Your code: 123 456"),
        ("明日から「セール」です！", "明日から「セール」です!"),
        ("☺", "☺"),
    ],
)
def test_a_text_without_a_link_is_found_by_its_letters(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add, text: str, listed: str
) -> None:
    message = add(replace(make_message(tracked=False), text=text))
    look_for(message, desk, carrier, listed=listed)
    assert messages.get(message.id).carrier_id == "SM9"


@pytest.mark.parametrize(
    ("text", "listed"), [("Your code: 123456", "Your code: 123457"), ("Sale", "Sale tomorrow"), ("☺", "☺☺")]
)
def test_a_text_with_another_letter_is_another_message(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add, text: str, listed: str
) -> None:
    message = add(replace(make_message(tracked=False), text=text))
    look_for(message, desk, carrier, listed=listed)
    assert status_of(messages, message) is S.UNKNOWN


@pytest.mark.parametrize("answer", [CarrierBusy("503"), CarrierRejectsUs("no such account")])
def test_who_could_not_be_looked_for_in_a_day_is_held_and_not_sent_again(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, answer: Exception
) -> None:
    yesterday = int(time.time() * 1000) - 25 * 3_600_000
    made = make_message()
    message = messages.get(messages.add(made, link_start=link_start(made), today=0, now=yesterday))
    carrier.answers, carrier.listed = [OutcomeUnknown("timeout")], answer
    for _ in range(3):
        attend_message(message.code, desk)
    assert status_of(messages, message) is S.UNCONFIRMED
    assert len(carrier.submitted) == 1


@pytest.mark.usefixtures("wrong_clock")
def test_a_wrong_clock_ends_no_search_early_and_draws_none_out(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, client: Store, add: Add
) -> None:
    made = make_message()
    yesterday = client.now() - LOOKED_FOR_MS - 1000
    old = messages.get(messages.add(made, link_start=link_start(made), today=0, now=yesterday))
    carrier.answers, carrier.listed = [OutcomeUnknown("timeout")] * 2, CarrierBusy("503")
    new = add()
    for message in (old, new):
        for _ in range(3):
            attend_message(message.code, desk)
    assert (status_of(messages, old), status_of(messages, new)) == (S.UNCONFIRMED, S.UNKNOWN)


def test_a_message_of_an_account_named_in_no_store_is_neither_sent_again_nor_held(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    stranger = add(make_message(account="SLstranger00"))
    carrier.answers = [OutcomeUnknown("timeout")]
    for _ in range(4):
        attend_message(stranger.code, desk)
    assert status_of(messages, stranger) is S.UNKNOWN
    assert len(carrier.submitted) == 1


def test_sender_of_a_message_that_was_found_at_the_carrier_is_noted(
    desk: SendDesk, add: Add, carrier: ScriptedCarrier
) -> None:
    message = add(make_message(sender="+15005550006"))
    carrier.answers = [OutcomeUnknown("timeout")]
    attend_message(message.code, desk)
    carrier.listed = [at_carrier(message)]
    attend_message(message.code, desk)
    assert desk.senders.writers("15005550006", "+818011234567") == ["SLtestaccount"]
