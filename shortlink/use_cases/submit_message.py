"""Submit a claimed message to the carrier and keep what came of it."""

from __future__ import annotations

from shortlink.carriers import Submission
from shortlink.domain.errors import CarrierBusy, CarrierRefused, CarrierRejectsUs, OutcomeUnknown
from shortlink.domain.message import DeliveryReceipt, MessageStatus
from shortlink.storage.messages import MessageClaim
from shortlink.use_cases.send_desk import PAUSE_SECONDS, SendDesk, overslept, step


def submit_message(claim: MessageClaim, desk: SendDesk, *, started: float) -> None:
    """Call the carrier once for a message whose intent is stored.

    What a switched-off account still had waiting fails. Nothing is sent when half the lease is gone since
    `started`: another worker may be about to take over.
    """
    message, rules = claim.message, desk.rules
    if desk.is_closed(message.account):
        closed = DeliveryReceipt(carrier_id="", status=MessageStatus.FAILED, error="account-disabled")
        desk.adopt(message, closed, token=claim.token)
        return
    submission = Submission(
        sender=message.sender,
        recipient=message.recipient,
        text=message.text,
        receipt_url=rules.receipt_url(message),
        message_id=message.id,
    )
    if overslept(started, rules.lease_ms):
        return
    try:
        receipt = desk.carrier.submit(submission)
    except CarrierRefused as error:
        refusal = DeliveryReceipt(carrier_id="", status=MessageStatus.FAILED, error=error.code or "refused")
        desk.adopt(message, refusal, token=claim.token)
    except CarrierBusy as busy:
        wait = max(step(rules.backoff_ms, claim.looks), int((busy.retry_after or 0) * 1000))
        desk.try_later(claim, MessageStatus.ACCEPTED, wait, looks=claim.looks + 1)
    except CarrierRejectsUs as error:
        desk.pause(error)
        desk.try_later(claim, MessageStatus.ACCEPTED, PAUSE_SECONDS * 1000)
    except OutcomeUnknown as error:
        _note_unknown(claim, desk, error)
    else:
        desk.adopt(message, receipt)


def _note_unknown(claim: MessageClaim, desk: SendDesk, error: OutcomeUnknown) -> None:
    desk.messages.postpone(
        claim.message.code,
        token=claim.token,
        leaving=[MessageStatus.SUBMITTING],
        status=MessageStatus.UNKNOWN,
        wait_ms=desk.rules.looks_ms[0],
        event="unknown",
        detail=error.code or "no-answer",
    )
