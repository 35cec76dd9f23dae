"""A message that no receipt told the end of: fetched from the carrier."""

from __future__ import annotations

import pytest

from shortlink.domain.due import Due
from shortlink.domain.errors import (
    CarrierBusy,
    CarrierRejectsUs,
    NotFound,
)
from shortlink.domain.message import DeliveryReceipt
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import MessageStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.send_desk import SendDesk
from tests.use_cases.attending import QUEUED, Add, S, status_of
from tests.use_cases.conftest import ScriptedCarrier


def test_without_a_receipt_the_message_is_fetched(
    desk: SendDesk, carrier: ScriptedCarrier, messages: MessageStore, add: Add
) -> None:
    message = add()
    carrier.answers = [QUEUED]
    carrier.fetched = DeliveryReceipt(carrier_id="SM1", status=S.DELIVERED)
    attend_message(message.code, desk)
    attend_message(message.code, desk)
    assert status_of(messages, message) is S.DELIVERED


@pytest.mark.parametrize(("error", "looks"), [(CarrierRejectsUs("Authenticate"), 0), (CarrierBusy("429"), 1)])
def test_a_fetch_is_counted_unless_the_carrier_refuses_our_account(
    desk: SendDesk, carrier: ScriptedCarrier, add: Add, error: Exception, looks: int
) -> None:
    message = add()
    carrier.answers, carrier.fetched = [QUEUED], error
    for _ in range(2):
        attend_message(message.code, desk)
    claim = desk.sendings.claim(message.code, lease_ms=1000, first_look_ms=0)
    assert claim is not None
    assert claim.looks == looks


@pytest.mark.parametrize("fetched", [QUEUED, CarrierBusy("429"), NotFound("gone")])
def test_after_the_last_fetch_a_message_is_left_as_it_stands(
    desk: SendDesk,
    carrier: ScriptedCarrier,
    messages: MessageStore,
    client: Store,
    add: Add,
    fetched: DeliveryReceipt | Exception,
) -> None:
    message = add()
    carrier.answers = [QUEUED]
    carrier.fetched = fetched
    for _ in range(4):
        attend_message(message.code, desk)
    assert status_of(messages, message) is S.QUEUED
    assert Ledger(client).depth(Due.MESSAGES) == 0
