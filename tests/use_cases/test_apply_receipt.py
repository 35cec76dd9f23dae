"""What the carrier says of a message by itself, and whose its ids are from then on."""

from __future__ import annotations

import pytest

from shortlink.domain.errors import NotFound
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.carrier_ids import CarrierIdStore
from shortlink.storage.connection import Store
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.apply_receipt import apply_receipt
from tests.factories import make_message
from tests.use_cases.attending import Add, S


def apply(client: Store, message: Message, carrier_id: str, status: MessageStatus) -> str:
    return apply_receipt(
        message.code,
        DeliveryReceipt(carrier_id=carrier_id, status=status),
        sendings=SendingStore(client),
        carrier_ids=CarrierIdStore(client),
        note_sender=lambda: None,
        poll_ms=1000,
        report_ms=0,
    )


def test_an_id_that_a_receipt_brought_is_nobody_elses_and_that_of_a_conflict_is_nobodys(
    client: Store, add: Add
) -> None:
    message = add(make_message(tracked=False))
    said = [apply(client, message, *news) for news in (("SM1", S.QUEUED), ("SM1", S.SENT), ("SM1", S.QUEUED))]
    assert said == ["adopted", "ok", "same"]
    assert apply(client, message, "SM2", S.DELIVERED) == "conflict"
    assert client.get(keys.carrier_id("SM1")) == message.code
    assert client.get(keys.carrier_id("SM2")) is None


def test_a_receipt_of_a_message_that_is_gone_is_not_found(client: Store, add: Add) -> None:
    message = add()
    client.delete(keys.record(message.code))
    with pytest.raises(NotFound):
        apply(client, message, "SM1", S.DELIVERED)
