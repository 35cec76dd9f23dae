"""What tests of sending say of a message and of the carrier."""

from __future__ import annotations

from collections.abc import Callable

from shortlink.carriers import CarrierMessage
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage.messages import MessageStore

Add = Callable[..., Message]
S = MessageStatus
QUEUED = DeliveryReceipt(carrier_id="SM1", status=S.QUEUED)


def at_carrier(message: Message, carrier_id: str = "SM9") -> CarrierMessage:
    return CarrierMessage(carrier_id=carrier_id, status=S.SENT, error=None, text=message.text, created_at=None)


def status_of(messages: MessageStore, message: Message) -> MessageStatus:
    return messages.get(message.id).status
