"""The erasures: what has to go from a record, and what may stay."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from shortlink.domain.code import partition_of
from shortlink.domain.message import Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script, clock

# What becomes of a message whose number is erased before it was surely sent.
_WITHOUT_NUMBER = "".join(
    before.value + after.value
    for before, after in (
        (MessageStatus.ACCEPTED, MessageStatus.FAILED),
        (MessageStatus.SUBMITTING, MessageStatus.UNCONFIRMED),
        (MessageStatus.UNKNOWN, MessageStatus.UNCONFIRMED),
    )
)


class Erasure(StrEnum):
    """What erasing led to."""

    ERASED = "erased"
    CANCELLED = "cancelled"
    KEPT = "kept"


class ErasureStore:
    """What is removed from messages before their time."""

    def __init__(self, store: Store) -> None:
        self._erase = Script(store, "erase_message")

    def erase(self, message: Message, *, person: bool, now: int | None = None) -> Erasure:
        """Remove a message's text or, with `person`, its number, text and callbacks; the counts stay.

        A message that was not yet sent is cancelled when its number goes.
        """
        number = message.recipient.removeprefix("+") if person else ""
        return Erasure(self._erase(*_call(message, number, now)))

    def blank(self, messages: Sequence[Message], *, now: int | None = None) -> int:
        """Remove the texts of several messages in one round trip, where they are no longer needed; count them."""
        calls = [_call(message, "", now) for message in messages]
        return self._erase.call_many(calls).count(Erasure.ERASED) if calls else 0


def _call(message: Message, number: str, now: int | None) -> tuple[list[str], list[Any]]:
    """Write one call of the script; without a number, only the text goes."""
    partition = partition_of(message.code)
    names = [
        keys.record(message.code),
        keys.due_messages(partition),
        keys.due_callbacks(partition),
        keys.events(partition),
    ]
    rest = message.link.short_url if message.link else ""
    return names, [clock(now), message.code, rest, number, _WITHOUT_NUMBER]
