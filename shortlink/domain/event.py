"""An event: something that happened to a message, its link, its callbacks or its recipient."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """What happened, in the words that feeds, logs and webhooks use."""

    MESSAGE_ACCEPTED = "message.accepted"
    MESSAGE_ATTEMPTED = "message.attempted"  # one try to hand it to the carrier
    MESSAGE_SUBMITTED = "message.submitted"  # the carrier has it
    MESSAGE_SENT = "message.sent"  # an interim receipt: the carrier handed it to the mobile network
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_UNCONFIRMED = "message.unconfirmed"  # not found at the carrier, and held
    MESSAGE_RECEIVED = "message.received"  # an SMS from a person to us
    LINK_CLICKED = "link.clicked"  # a hit that counts
    LINK_PREVIEWED = "link.previewed"  # a hit that does not: a preview, a prefetch, a scanner
    LINK_EXPIRED = "link.expired"
    LINK_DISABLED = "link.disabled"  # switched off, so that it leads nowhere
    LINK_ENABLED = "link.enabled"  # switched on again
    CALLBACK_ATTEMPTED = "callback.attempted"  # one POST to a customer, also to a webhook endpoint
    RECIPIENT_UNSUBSCRIBED = "recipient.unsubscribed"
    RECIPIENT_RESUBSCRIBED = "recipient.resubscribed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as it is kept. `data` holds what only this type has, see docs/logs.md.

    `id` is made of the store's own entry, so an archive that is built again gives it again. `seq` is the place in the
    archive's order, 0 before it is kept. `recipient` is the person's number in both directions, "" once erased;
    `sender` is ours. `message_id` and `code` are "" when no message of ours is meant. `kept_at` is when the store kept
    it, 0 for the same time: logs file an event under that day, so that a click that waited in a spool changes no day
    that is over. It is not read back.
    """

    id: str
    type: EventType
    at: int  # UTC milliseconds
    account: str
    seq: int = 0
    message_id: str = ""
    code: str = ""
    recipient: str = ""
    sender: str = ""
    tags: tuple[str, ...] = ()
    data: dict[str, Any] = field(default_factory=dict)
    kept_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetMessage:
    """What an archive notes of a message when it meets it for the first time; the text is not among it."""

    code: str
    message_id: str
    account: str
    recipient: str
    sender: str
    tags: tuple[str, ...]
    accepted_at: int
    status: str  # letter of MessageStatus when it was met
    segments: int = 1
    cost: float = 0.0
    link: str | None = None  # as the customer wrote it
    expires_at: int | None = None
