"""When a message is attended to next, and what the log says of why: the table of docs/internals/ledger.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shortlink.domain.code import partition_of
from shortlink.domain.errors import CarrierBusy, CarrierRejectsUs, OutcomeUnknown
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.messages import MessageStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.send_desk import SPREAD, SendDesk
from tests.use_cases.attending import QUEUED, Add, S, status_of
from tests.use_cases.conftest import ScriptedCarrier


@pytest.fixture
def desk(desk: SendDesk) -> SendDesk:
    """The send desk with waits of its own for everything."""
    rules = replace(desk.rules, backoff_ms=(10_000, 40_000, 90_000), looks_ms=(40_000, 120_000, 300_000))
    return replace(desk, rules=replace(rules, polls_ms=(60_000, 600_000)))


class Attending:
    """Attends to one message as often as it is asked to, whatever was planned for it."""

    def __init__(self, client: Store, desk: SendDesk, message: Message) -> None:
        self._client = client
        self._desk = desk
        self._code = message.code

    def again(self) -> float | None:
        """Attend to it and say in how many seconds it is due then; None when it is off the ledger."""
        self._client.hdel(keys.record(self._code), "y")
        attend_message(self._code, self._desk)
        due_at = self._client.zscore(keys.due_messages(partition_of(self._code)), self._code)
        return None if due_at is None else (due_at - self._client.now()) / 1000

    def told(self) -> tuple[EntryKind, str]:
        """Say what the log has of it last."""
        last = list(Inspector(self._client).events(partition_of(self._code)))[-1]
        assert last.subject == self._code
        return last.kind, last.detail


def about(seconds: float | None) -> object:
    """Match a wait that began a moment ago, or was lengthened so that a crowd spreads out."""
    return pytest.approx(seconds * (1 + SPREAD / 2), abs=seconds * SPREAD / 2 + 5) if seconds else seconds


def test_a_busy_carrier_is_asked_again_after_waits_that_grow_to_the_last(
    desk: SendDesk, carrier: ScriptedCarrier, client: Store, add: Add
) -> None:
    attending = Attending(client, desk, add())
    carrier.answers = [CarrierBusy("429"), CarrierBusy("429", code="20429"), *[CarrierBusy("429")] * 2]
    assert attending.again() == about(10)
    assert attending.told() == (EntryKind.BUSY, "busy")
    assert attending.again() == about(40)
    assert attending.told() == (EntryKind.BUSY, "20429")
    assert [attending.again(), attending.again()] == [about(90), about(90)]


@pytest.mark.parametrize(("code", "told"), [("20003", "20003"), (None, "account-refused")])
def test_what_meets_a_refusal_of_our_account_or_its_pause_waits_half_a_minute(
    desk: SendDesk, carrier: ScriptedCarrier, client: Store, add: Add, code: str | None, told: str
) -> None:
    refused, behind = (Attending(client, desk, add()) for _ in range(2))
    carrier.answers = [CarrierRejectsUs("Authenticate", code=code)]
    assert refused.again() == about(30)
    assert refused.told() == (EntryKind.BUSY, told)
    assert behind.again() == about(30)


def test_a_message_that_is_looked_for_stays_so_in_a_pause(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, client: Store, add: Add
) -> None:
    message = add()
    attending = Attending(client, desk, message)
    carrier.answers = [OutcomeUnknown("timeout")]
    attending.again()
    desk.presence.pause_sending("the carrier refuses our account", seconds=30)
    assert attending.again() == about(30)
    assert status_of(messages, message) is S.UNKNOWN


@pytest.mark.parametrize(
    ("holds", "told"), [(False, EntryKind.RESEND), (True, EntryKind.UNCONFIRMED)], ids=["sent again", "held"]
)
def test_a_message_is_looked_for_three_times_and_then_sent_again_at_once_or_held(
    desk: SendDesk, carrier: ScriptedCarrier, client: Store, add: Add, holds: bool, told: EntryKind
) -> None:
    desk.accounts.change("SLtestaccount", hold_unconfirmed=holds)
    attending = Attending(client, desk, add())
    carrier.answers = [OutcomeUnknown("timeout", code="http-500")]
    assert attending.again() == about(40)
    assert attending.told() == (EntryKind.UNKNOWN, "http-500")
    assert [attending.again(), attending.again()] == [about(120), about(300)]
    due = attending.again()
    assert due is None if holds else (due is not None and due <= 0)
    assert attending.told() == (told, "not-found-at-carrier")


@pytest.mark.parametrize(
    ("answer", "wait", "pauses"), [(CarrierBusy("429"), 120, False), (CarrierRejectsUs("Authenticate"), 30, True)]
)
def test_a_look_that_the_carrier_did_not_allow_is_made_up_for(
    desk: SendDesk, carrier: ScriptedCarrier, client: Store, add: Add, answer: Exception, wait: int, pauses: bool
) -> None:
    attending = Attending(client, desk, add())
    carrier.answers = [OutcomeUnknown("timeout")]
    for _ in range(2):
        attending.again()
    carrier.listed = answer
    assert attending.again() == about(wait)
    assert desk.is_paused() is pauses


@pytest.mark.parametrize(
    ("fetched", "waits", "pauses"),
    [
        (QUEUED, (600, None), False),
        (CarrierBusy("429"), (600, None), False),
        (CarrierRejectsUs("Authenticate"), (60, 30), True),
    ],
)
def test_a_message_without_news_is_fetched_after_waits_that_grow_and_then_left_alone(
    desk: SendDesk,
    carrier: ScriptedCarrier,
    client: Store,
    add: Add,
    fetched: object,
    waits: tuple[float | None, ...],
    pauses: bool,
) -> None:
    attending = Attending(client, desk, add())
    carrier.answers, carrier.fetched = [QUEUED], fetched  # type: ignore[assignment]
    assert attending.again() == about(60)
    for wait in waits:
        assert attending.again() == about(wait)
    assert set(carrier.asked_for) == {"SM1"}
    assert desk.is_paused() is pauses
