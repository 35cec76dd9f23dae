"""What the service asks of a carrier, the company that takes its messages.

A carrier's own words and codes stop in its module; nothing here knows HTTP, settings or the store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from shortlink.domain.message import DeliveryReceipt, MessageStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One message, ready to be handed to the carrier."""

    sender: str
    recipient: str
    text: str  # what the phone shows: the short link already in place
    receipt_url: str | None  # where the carrier reports; None asks for no reports
    message_id: str
    not_after: float | None = None  # monotonic seconds: later than this it must not be sent any more


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierMessage:
    """One message as the carrier lists it."""

    carrier_id: str
    status: MessageStatus
    error: str | None
    text: str
    created_at: int | None  # UTC milliseconds, as exact as the carrier's clock says; None if it does not say


class ReceiptReader(Protocol):
    """Understands the reports that a carrier posts to us."""

    def read_receipt(self, form: Mapping[str, str]) -> DeliveryReceipt | None:
        """Translate a report; None if it tells nothing about an outgoing message that we know a word for."""
        ...

    def receipt_is_genuine(self, url: str, parameters: Collection[tuple[str, str]], signature: str) -> bool:
        """Check that the carrier itself posted these parameters to `url`, in constant time.

        `url` is the public address that was given to the carrier, query included, never one rebuilt from a Host
        header. Every parameter that came must be given, with each of its values.
        """
        ...


class Carrier(ReceiptReader, Protocol):
    """Takes messages and tells what became of them; safe to call from many threads at once."""

    def submit(self, submission: Submission) -> DeliveryReceipt:
        """Hand a message over, once, and return its first status.

        Raises CarrierRefused, CarrierBusy, CarrierRejectsUs or OutcomeUnknown, and never tries again by itself:
        only after CarrierBusy is a second call surely not a second message.
        """
        ...

    def fetch(self, carrier_id: str) -> DeliveryReceipt:
        """Ask where a message stands.

        Raises NotFound when the carrier has no such message, CarrierBusy when it could not be asked, and
        CarrierRejectsUs.
        """
        ...

    def find(self, recipient: str, *, containing: str, since: int) -> list[CarrierMessage]:
        """List the messages sent to a number since a time (UTC milliseconds) whose text holds `containing`.

        Newest first. An empty list means that every message since then was looked at. Raises CarrierBusy when
        the carrier could not be asked, OutcomeUnknown when there were too many to look at, and CarrierRejectsUs.
        """
        ...
