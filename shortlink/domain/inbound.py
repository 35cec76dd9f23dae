"""A message that came in: somebody wrote to one of our senders."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from shortlink.domain.opt_out import Wish

INBOUND_PATH = "/carriers/twilio/inbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One SMS from a person to one of our senders, as the carrier tells of it."""

    carrier_id: str
    sender: str  # the person's number, E.164
    recipient: str  # our number or short code, as the carrier writes it
    text: str
    service: str | None = None  # the pool of senders that our number belongs to, if any
    wish: Wish | None = None


def inbound_id(carrier_id: str, partition: str) -> str:
    """Name an inbound message; the same at every report of it, and never the id of a message that was sent."""
    return f"{partition}i{hashlib.sha256(carrier_id.encode()).hexdigest()[:30]}"


def reply_address(sender: str, *, service: str | None = None) -> str | None:
    """Name a sender as the store knows it, if people can answer it: digits alone; None for a name.

    With a `service`, which picks from a pool of senders whatever was asked for, it is that.
    """
    if service:
        return service
    digits = sender.removeprefix("+")
    return digits if digits.isascii() and digits.isdecimal() else None
