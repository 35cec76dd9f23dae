"""The magic numbers: what happens to a message depends on whom it goes to, or from whom.

The numbers of Twilio's own test credentials refuse as they do there; 0101 and up are ours. All of them are valid
E.164 numbers that nobody owns (500 is not a place). Every other number is ordinary: delivered, with prompt receipts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shortlink.simulator.sms import SmsStatus

_SENT = (SmsStatus.SENDING, SmsStatus.SENT)


class Receipts(StrEnum):
    """How the status callbacks of a message behave."""

    ON_TIME = "on_time"
    LATE = "late"
    DOUBLED = "doubled"
    REORDERED = "reordered"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What becomes of the messages to one number."""

    number: str = ""
    title: str = "Delivered, receipts on time"
    refusal: int | None = None  # Twilio's error code with which the API refuses at once
    course: tuple[SmsStatus, ...] = (*_SENT, SmsStatus.DELIVERED)
    error_code: int | None = None  # goes with the last status of the course
    receipts: Receipts = Receipts.ON_TIME
    slowness: int = 1  # multiplies the time between the steps
    delivered_by_fetch: bool = False


def _table(*rows: Behaviour) -> dict[str, Behaviour]:
    return {row.number: row for row in rows}


MAGIC_RECIPIENTS = _table(
    Behaviour(number="+15005550001", title="Refused: not a valid number", refusal=21211),
    Behaviour(number="+15005550002", title="Refused: cannot be reached from this sender", refusal=21612),
    Behaviour(number="+15005550003", title="Refused: region not enabled", refusal=21408),
    Behaviour(number="+15005550004", title="Refused: the recipient opted out", refusal=21610),
    Behaviour(number="+15005550009", title="Refused: not a mobile number", refusal=21614),
    Behaviour(
        number="+15005550101",
        title="Fails later: undelivered, handset unreachable",
        course=(*_SENT, SmsStatus.UNDELIVERED),
        error_code=30003,
    ),
    Behaviour(
        number="+15005550102",
        title="Fails later: undelivered, unknown handset",
        course=(*_SENT, SmsStatus.UNDELIVERED),
        error_code=30005,
    ),
    Behaviour(
        number="+15005550103",
        title="Fails later: undelivered, filtered by the network",
        course=(*_SENT, SmsStatus.UNDELIVERED),
        error_code=30007,
    ),
    Behaviour(
        number="+15005550104",
        title="Fails at once: accepted, then failed without being sent",
        course=(SmsStatus.FAILED,),
        error_code=30008,
    ),
    Behaviour(
        number="+15005550105",
        title="Silent: delivered, but no receipt ever comes; a fetch shows the truth",
        receipts=Receipts.LOST,
    ),
    Behaviour(
        number="+15005550106",
        title="Delivered only when fetched: receipts stop at sent",
        course=_SENT,
        delivered_by_fetch=True,
    ),
    Behaviour(number="+15005550107", title="Sent for ever: the network gives no delivery receipts", course=_SENT),
    Behaviour(number="+15005550108", title="Slow: every step takes twenty times as long", slowness=20),
    Behaviour(number="+15005550109", title="Every receipt comes twice", receipts=Receipts.DOUBLED),
    Behaviour(
        number="+15005550110",
        title="Receipts in reverse order: delivered comes first",
        receipts=Receipts.REORDERED,
    ),
    Behaviour(
        number="+15005550111",
        title="Contradiction: delivered, then undelivered",
        course=(*_SENT, SmsStatus.DELIVERED, SmsStatus.UNDELIVERED),
        error_code=30008,
    ),
)

MAGIC_SENDERS: dict[str, tuple[int, str]] = {
    "+15005550001": (21212, "Refused: not a valid sender"),
    "+15005550007": (21606, "Refused: not a number of this account"),
    "+15005550008": (21611, "Refused: the sender's queue is full"),
}

ORDINARY = Behaviour()


def behaviour_of(recipient: str) -> Behaviour:
    """Look up what becomes of messages to this number."""
    return MAGIC_RECIPIENTS.get(recipient, ORDINARY)
