"""A text message as the carrier that is played here keeps it, and the steps of its life."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SERVICE_NUMBER = "+15005550006"  # the sender that a Messaging Service picks here


class SmsStatus(StrEnum):
    """Twilio's statuses of an outbound message."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to the message."""
        return self in (self.DELIVERED, self.UNDELIVERED, self.FAILED, self.CANCELED)

    @property
    def awaits_sender(self) -> bool:
        """Whether a Messaging Service has yet to pick the sender, and with it the number of segments."""
        return self in (self.ACCEPTED, self.SCHEDULED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """One outbound message. Times are UTC milliseconds since 1970."""

    sid: str
    recipient: str
    sender: str | None  # None when a Messaging Service picks it
    service_sid: str | None
    body: str
    status: SmsStatus
    segments: int
    callback_url: str | None
    created_at: int
    updated_at: int
    sent_at: int | None = None
    error_code: int | None = None

    @property
    def shown_sender(self) -> str | None:
        """The sender as it stands: unknown until a Messaging Service has picked one."""
        return self.sender or (None if self.status.awaits_sender else SERVICE_NUMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is going to happen to a message at `due_at`: a new status, a receipt that tells of one, or both."""

    sid: str
    due_at: int  # UTC milliseconds
    status: SmsStatus
    error_code: int | None = None
    changes: bool = True  # the message takes this status
    notifies: bool = True  # a status callback tells of it
    id: int = 0  # given by the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One fetch of a link in a message, made in the name of a visitor."""

    sid: str
    at: int  # UTC milliseconds
    visitor: str
    url: str
    status: int | None = None
    location: str | None = None
    error: str | None = None
