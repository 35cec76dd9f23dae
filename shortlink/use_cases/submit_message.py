"""Submit a claimed message to the carrier and keep what came of it."""

from __future__ import annotations

from shortlink.carriers import Submission
from shortlink.domain.account import DAMAGED_WAIT_MS
from shortlink.domain.errors import (
    AccountUnreadable,
    CarrierBusy,
    CarrierRefused,
    CarrierRejectsUs,
    OutcomeUnknown,
    RecipientOptedOut,
)
from shortlink.domain.lease import safe_ms
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.domain.opt_out import OPTED_OUT_CODE, OptOutReason
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.sendings import MessageClaim
from shortlink.use_cases.send_desk import PAUSE_SECONDS, SendDesk, overslept, step


def submit_message(claim: MessageClaim, desk: SendDesk, *, started: float) -> None:
    """Call the carrier once for a message whose intent is stored.

    What a switched-off account still had waiting fails, and so does what waits for a number that has opted out. What
    is of an account that cannot be read waits: it may be switched off. Each gives the carrier's moment back.
    Nothing is sent when half the lease is gone since `started`: another worker may be about to take over.
    """
    message, rules = claim.message, desk.rules
    try:
        reason = _forbidden(message, desk)
    except AccountUnreadable:
        desk.pace.give_back()
        desk.try_later(claim, MessageStatus.ACCEPTED, DAMAGED_WAIT_MS)
        return
    if reason is not None:
        desk.pace.give_back()
        _fail(claim, desk, reason)
        return
    submission = Submission(
        sender=message.sender,
        recipient=message.recipient,
        text=message.text,
        receipt_url=rules.receipt_url(message),
        message_id=message.id,
        not_after=started + safe_ms(rules.lease_ms) / 1000,
    )
    if not overslept(started, rules.lease_ms):
        _hand_over(claim, desk, submission)


def _hand_over(claim: MessageClaim, desk: SendDesk, submission: Submission) -> None:
    try:
        receipt = desk.carrier.submit(submission)
    except CarrierRefused as error:
        if isinstance(error, RecipientOptedOut):
            message = claim.message
            desk.opt_outs.change(message.account, message.recipient, out=True, reason=OptOutReason.CARRIER)
        _fail(claim, desk, error.code or "refused")
    except CarrierBusy as busy:
        _wait_for(claim, desk, busy)
    except CarrierRejectsUs as error:
        desk.trouble.met(error)
        desk.pause(error)
        desk.try_later(claim, MessageStatus.ACCEPTED, PAUSE_SECONDS * 1000, tried=error.code or "account-refused")
    except OutcomeUnknown as error:
        desk.trouble.met(error)
        _note_unknown(claim, desk, error)
    else:
        desk.trouble.is_over()
        desk.note_sender(claim.message)
        desk.adopt(claim.message, receipt)


def _wait_for(claim: MessageClaim, desk: SendDesk, busy: CarrierBusy) -> None:
    """Try a message later that the carrier surely has not taken."""
    if busy.code is None:  # it has none where it was not reached; with one it only asks for some patience
        desk.trouble.met(busy)
    if busy.retry_after:
        desk.pace.hold(busy.retry_after)
    wait = max(step(desk.rules.backoff_ms, claim.looks), int((busy.retry_after or 0) * 1000))
    desk.try_later(claim, MessageStatus.ACCEPTED, wait, looks=claim.looks + 1, tried=busy.code or "busy")


def _fail(claim: MessageClaim, desk: SendDesk, reason: str) -> None:
    """End a message that will never be sent."""
    refusal = DeliveryReceipt(carrier_id="", status=MessageStatus.FAILED, error=reason)
    desk.adopt(claim.message, refusal, token=claim.token)


def _forbidden(message: Message, desk: SendDesk) -> str | None:
    """Say why this may not be sent any more, if so."""
    if desk.is_closed(message.account):
        return "account-disabled"
    return OPTED_OUT_CODE if desk.opt_outs.is_out(message.account, message.recipient) else None


def _note_unknown(claim: MessageClaim, desk: SendDesk, error: OutcomeUnknown) -> None:
    desk.sendings.postpone(
        claim.message.code,
        token=claim.token,
        leaving=[MessageStatus.SUBMITTING],
        status=MessageStatus.UNKNOWN,
        wait_ms=desk.rules.looks_ms[0],
        event=EntryKind.UNKNOWN,
        detail=error.code or "no-answer",
    )
