"""What the events of a message say: each try, hit, callback and answer, told from what scripts noted."""

from __future__ import annotations

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.event_days import EventDays
from shortlink.archive.messages import MessageIndex
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import CarrierBusy, CarrierRefused, OutcomeUnknown
from shortlink.domain.inbound import InboundMessage
from shortlink.domain.message import DeliveryReceipt, MessageStatus
from shortlink.domain.opt_out import OptOutReason, Wish
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.record_events import RecordDesk
from shortlink.use_cases.send_desk import SendDesk
from tests.factories import make_message
from tests.use_cases.conftest import ScriptedCarrier
from tests.use_cases.recording import SID, Add, Record, Type, advance, tap, told


def test_a_message_is_told_from_acceptance_to_delivery(
    add: Add, desk: SendDesk, carrier: ScriptedCarrier, sendings: SendingStore, record: Record
) -> None:
    message = add(make_message(tags=("spring",), segments=2))
    carrier.answers = [DeliveryReceipt(carrier_id="SM1", status=MessageStatus.QUEUED)]
    attend_message(message.code, desk)
    advance(sendings, message, MessageStatus.SENT)
    advance(sendings, message, MessageStatus.DELIVERED)
    events = record()
    assert told(events, "outcome") == [
        (Type.MESSAGE_ACCEPTED, None),
        (Type.MESSAGE_ATTEMPTED, "taken"),
        (Type.MESSAGE_SUBMITTED, None),
        (Type.MESSAGE_SENT, None),
        (Type.MESSAGE_DELIVERED, None),
    ]
    assert {event.message_id for event in events} == {message.id}
    assert {(event.recipient, event.sender, event.tags) for event in events} == {
        (message.recipient, message.sender, ("spring",))
    }
    assert events[0].data == {"segments": 2, "cost": 0.0, "link": "https://shop.test/sale?a=1"}
    assert events[0].at == message.accepted_at


def test_each_try_to_send_is_told_with_what_came_of_it(
    add: Add, desk: SendDesk, carrier: ScriptedCarrier, record: Record
) -> None:
    message = add()
    carrier.answers = [CarrierBusy("slow down", code="20429"), OutcomeUnknown("no answer")]
    attend_message(message.code, desk)
    attend_message(message.code, desk)
    for _ in range(3):  # looked for, and not found
        attend_message(message.code, desk)
    carrier.answers = [CarrierRefused("no such number", code="21211")]
    attend_message(message.code, desk)
    events = record()
    assert told(events, "outcome", "error") == [
        (Type.MESSAGE_ACCEPTED, None, None),
        (Type.MESSAGE_ATTEMPTED, "busy", "20429"),
        (Type.MESSAGE_ATTEMPTED, "unknown", "no-answer"),
        (Type.MESSAGE_ATTEMPTED, "not-found", "not-found-at-carrier"),
        (Type.MESSAGE_ATTEMPTED, "refused", "21211"),
        (Type.MESSAGE_FAILED, None, "21211"),
    ]


def test_a_message_that_is_held_is_told_with_the_reason_and_a_late_receipt_as_no_new_try(
    add: Add, desk: SendDesk, carrier: ScriptedCarrier, sendings: SendingStore, record: Record, archive: Archive
) -> None:
    desk.accounts.change(SID, hold_unconfirmed=True)
    message = add()
    carrier.answers = [OutcomeUnknown("no answer")]
    for _ in range(4):  # sent once, and looked for
        attend_message(message.code, desk)
    assert told(record(), "outcome", "error")[1:] == [
        (Type.MESSAGE_ATTEMPTED, "unknown", "no-answer"),
        (Type.MESSAGE_UNCONFIRMED, None, "not-found-at-carrier"),
    ]
    row = MessageIndex(archive).get(SID, message.id)
    assert row is not None
    assert row.status is MessageStatus.UNCONFIRMED
    advance(sendings, message, MessageStatus.SENT)
    assert told(record())[3:] == [(Type.MESSAGE_SUBMITTED,), (Type.MESSAGE_SENT,)]


def test_every_hit_is_told_with_verdict_and_rule(add: Add, links: LinkStore, record: Record) -> None:
    message = add()
    tap(links, message, Verdict.PREVIEW)
    tap(links, message)
    tap(links, message)
    assert told(record(), "verdict", "rule", "first")[1:] == [
        (Type.LINK_PREVIEWED, "preview", "a-rule", None),
        (Type.LINK_CLICKED, "human", "a-rule", True),
        (Type.LINK_CLICKED, "human", "a-rule", False),
    ]


def test_a_hit_that_waited_in_a_spool_has_its_own_time(add: Add, links: LinkStore, record: Record) -> None:
    message = add()
    tap(links, message, now=message.accepted_at + 5)
    assert record()[-1].at == message.accepted_at + 5


@pytest.mark.parametrize("was_told", [False, True])
def test_first_click_is_the_stores_also_where_one_of_a_spool_took_its_place(
    add: Add, links: LinkStore, messages: MessageStore, client: Store, record: Record, archive: Archive, was_told: bool
) -> None:
    message = add(make_message(click_url="http://127.0.0.1:9/click"))
    judgement, begun = Judgement(verdict=Verdict.HUMAN, rule="browser"), message.accepted_at
    tap(links, message, now=begun + 50)
    if was_told:
        assert CallbackStore(client).claim(message.code, CallbackKind.CLICK, lease_ms=1000, now=begun + 55)
    for at in (60, 20, 40):
        links.keep_answered(message.code, judgement, spends=True, callback_ms=0, at=begun + at)
    clicks = told(record()[-3:], "rule", "first", "became_first")
    assert clicks == [(Type.LINK_CLICKED, "browser", False, took) for took in (None, None if was_told else True, None)]
    row, link = MessageIndex(archive).get(SID, message.id), messages.get(message.id).link
    assert row is not None
    assert link is not None
    assert row.first_click_at == link.first_click_at == begun + (50 if was_told else 20)


def test_every_try_of_a_callback_is_told(add: Add, links: LinkStore, client: Store, record: Record) -> None:
    message, callbacks = add(), CallbackStore(client)
    tap(links, message)
    for attempt, state in (
        (Attempt(at=5, duration_ms=30, status_code=500), CallbackState.PENDING),
        (Attempt(at=6, duration_ms=40, error="timeout"), CallbackState.PENDING),
        (Attempt(at=7, duration_ms=50, status_code=200), CallbackState.DELIVERED),
    ):
        claim = callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=1000)
        assert claim is not None
        callbacks.finish(claim, attempt, state=state, wait_ms=0)
    assert [event.data for event in record()[2:]] == [
        {
            "kind": "click",
            "callback_id": f"{message.id}-click",
            "number": number,
            "state": state,
            "duration_ms": 20 + 10 * number,
            **outcome,
        }
        for number, state, outcome in (
            (1, "pending", {"status_code": 500}),
            (2, "pending", {"error": "timeout"}),
            (3, "delivered", {"status_code": 200}),
        )
    ]


def test_what_people_answer_is_told(client: Store, opt_outs: OptOutStore, record: Record) -> None:
    for number, (text, wish) in enumerate((("STOP", Wish.STOP), ("START", Wish.START))):
        opt_outs.take(
            InboundMessage(carrier_id=f"SM{number}", sender="+818011234567", recipient="12345", text=text, wish=wish),
            SID,
        )
    events = record()
    assert told(events, "text", "keyword", "reason") == [
        (Type.MESSAGE_RECEIVED, "STOP", "stop", None),
        (Type.RECIPIENT_UNSUBSCRIBED, None, None, "word"),
        (Type.MESSAGE_RECEIVED, "START", "start", None),
        (Type.RECIPIENT_RESUBSCRIBED, None, None, "word"),
    ]
    assert {(event.recipient, event.sender) for event in events} == {("+818011234567", "12345")}
    names = [event.data["inbound_id"] for event in events]
    assert [names[0], names[2]] == [names[1], names[3]]


@pytest.mark.parametrize("reason", [OptOutReason.CARRIER, OptOutReason.OPERATOR])
def test_an_opt_out_that_no_message_said_names_none(
    client: Store, opt_outs: OptOutStore, record: Record, reason: OptOutReason
) -> None:
    opt_outs.change(SID, "+818011234567", out=True, reason=reason)
    opt_outs.change(SID, "+818011234567", out=False, reason=reason)
    assert [event.data for event in record()] == [{"reason": reason}] * 2


def test_a_link_that_is_switched_is_told_with_the_door_it_came_through(
    add: Add, links: LinkStore, record: Record, record_desk: RecordDesk
) -> None:
    message = add()
    links.switch(message.code, on=False, by="dashboard")
    links.switch(message.code, on=True, by="cli")
    events = record()
    assert told(events, "by", "link")[1:] == [
        (Type.LINK_DISABLED, "dashboard", "https://shop.test/sale?a=1"),
        (Type.LINK_ENABLED, "cli", "https://shop.test/sale?a=1"),
    ]
    assert {event.message_id for event in events} == {message.id}


def test_a_link_expires_once(add: Add, record_desk: RecordDesk, record: Record, archive: Archive) -> None:
    message = add()
    record()
    with archive.writing() as connection:
        connection.execute("UPDATE messages SET expires_at = 1000")
    events = record()
    assert told(events)[1:] == [(Type.LINK_EXPIRED,)]
    assert (events[-1].at, events[-1].message_id) == (1000, message.id)
    assert len(record()) == 2
    assert EventDays(archive).days(SID) == [message.accepted_at // DAY_MS]
