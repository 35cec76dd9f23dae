"""Take a message that came in: find its account, keep it, and do what its keyword asks."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.domain.inbound import InboundMessage, reply_address
from shortlink.domain.opt_out import OptOutReason, Wish
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.senders import SenderStore


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundDesk:
    """The stores that taking messages needs."""

    senders: SenderStore
    opt_outs: OptOutStore


def take_inbound(inbound: InboundMessage, desk: InboundDesk) -> str | None:
    """Keep a message for the account that last sent to this person from this sender, and return its SID.

    STOP holds for every account that may have written to this person from there: the person answers a sender, and
    knows of no accounts. START, which "yes" says too, holds for the owner alone. None when no account can be told for
    sure: then nothing is kept, because it may be anybody's. A second report of the same message changes nothing.
    """
    address = reply_address(inbound.recipient)
    for sender in (inbound.service, address):
        writers = desk.senders.writers(sender, inbound.sender) if sender else []
        if writers:
            _take(inbound, writers, desk)
            return writers[0]
    return None


def _take(inbound: InboundMessage, writers: list[str], desk: InboundDesk) -> None:
    """Keep a message for the first writer, after what it asks of the others: a report that is cut short is repeated."""
    owner, *others = writers
    if inbound.wish is Wish.STOP and not desk.opt_outs.was_taken(inbound):
        for sid in others:
            desk.opt_outs.change(sid, inbound.sender, out=True, reason=OptOutReason.WORD)
    desk.opt_outs.take(inbound, owner)
