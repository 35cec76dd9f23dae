"""A message, where it stands, and which status may follow which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shortlink.domain.link import ShortLink


class MessageStatus(StrEnum):
    """Where a message stands. The value is what the store keeps."""

    ACCEPTED = "a"  # in the ledger, waiting to go to the carrier
    SUBMITTING = "b"  # the intent to call the carrier is stored; the call may be under way
    UNKNOWN = "k"  # the carrier may or may not have it: look there before sending again
    UNCONFIRMED = "u"  # looked everywhere, held by policy; a late receipt may still raise it
    QUEUED = "q"  # the carrier has it
    SENT = "s"  # the carrier handed it to the mobile network
    DELIVERED = "d"
    UNDELIVERED = "n"  # the network gave up
    FAILED = "f"  # refused, by the carrier or by us

    @property
    def rank(self) -> int:
        """The height in the order of statuses; a status never goes down."""
        return _RANK[self]

    @property
    def is_final(self) -> bool:
        """Whether the message's fate is known: a final status is never left."""
        return self.rank == FINAL_RANK

    @property
    def awaits_carrier(self) -> bool:
        """Whether it may still have to be handed to the carrier, for which its number and text are needed."""
        return self.rank == 0

    @property
    def is_submitted(self) -> bool:
        """Whether the carrier is known to have had it."""
        return self in _SUBMITTED


FINAL_RANK = 9
_RANK = {
    MessageStatus.ACCEPTED: 0,
    MessageStatus.SUBMITTING: 0,  # may return to ACCEPTED: the carrier was busy
    MessageStatus.UNKNOWN: 0,  # may return to ACCEPTED: it is not at the carrier
    MessageStatus.UNCONFIRMED: 1,
    MessageStatus.QUEUED: 2,
    MessageStatus.SENT: 4,
    MessageStatus.DELIVERED: FINAL_RANK,
    MessageStatus.UNDELIVERED: FINAL_RANK,
    MessageStatus.FAILED: FINAL_RANK,
}
_SUBMITTED = frozenset({MessageStatus.QUEUED, MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNDELIVERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One SMS to one number, as the store knows it. Times are UTC milliseconds since 1970."""

    id: str
    code: str  # the ledger's handle; also the short link's code when there is a link
    account: str
    sender: str
    recipient: str  # empty once it was erased
    text: str  # what is really sent: the short link already in place
    tags: tuple[str, ...]
    segments: int
    cost: float
    accepted_at: int = 0
    status: MessageStatus = MessageStatus.ACCEPTED
    carrier_id: str | None = None
    error: str | None = None  # the carrier's code, or our own word, why it failed
    tracked: bool  # tracking was asked for, whether or not a link was found
    link: ShortLink | None
    report_url: str | None  # where a delivery report goes
    click_url: str | None  # where the first click goes


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReceipt:
    """What the carrier says of one message, in our words."""

    carrier_id: str
    status: MessageStatus
    error: str | None = None
