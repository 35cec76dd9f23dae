"""Note from which sender the carrier took a message of which a receipt is the first word."""

from __future__ import annotations

from contextlib import suppress

from shortlink.domain.errors import NotFound, RecordUnreadable
from shortlink.domain.inbound import reply_address
from shortlink.storage.messages import MessageStore
from shortlink.storage.senders import SenderStore


def note_sender(identifier: str, *, service: str | None, messages: MessageStore, senders: SenderStore) -> None:
    """Note whose sender it is, so that an answer such as STOP finds its account.

    Of what a worker handed over with a clear answer, it has noted that itself. A second call is a later use; what is
    gone, damaged or erased is left.
    """
    with suppress(NotFound, RecordUnreadable):
        message = messages.get(identifier)
        address = reply_address(message.sender, service=service)
        if address is not None and message.recipient:
            senders.note(address, message.account, message.recipient)
