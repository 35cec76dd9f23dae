"""Take a message that came in: find its account, keep it, and do what its keyword asks."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.domain.inbound import InboundMessage, reply_address
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.senders import SenderStore


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundDesk:
    """The stores that taking messages needs."""

    senders: SenderStore
    opt_outs: OptOutStore


def take_inbound(inbound: InboundMessage, desk: InboundDesk) -> str | None:
    """Keep a message for the account that last sent to this person from this sender, and return its SID.

    None when no account can be told for sure: then nothing is kept, because it may be anybody's. A second report of
    the same message changes nothing.
    """
    address = reply_address(inbound.recipient)
    for sender in (inbound.service, address):
        owner = desk.senders.owner(sender, inbound.sender) if sender else None
        if owner is not None:
            desk.opt_outs.take(inbound, owner)
            return owner
    return None
