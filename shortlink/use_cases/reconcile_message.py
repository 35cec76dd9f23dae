"""Look at the carrier for a message of which nobody knows whether it arrived there."""

from __future__ import annotations

from shortlink.carriers import CarrierMessage
from shortlink.domain.errors import CarrierError, CarrierRejectsUs
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.messages import MessageClaim
from shortlink.use_cases.send_desk import PAUSE_SECONDS, SendDesk, step

CLOCKS_APART_MS = 600_000  # the carrier's clock and ours may differ this much


def reconcile_message(claim: MessageClaim, desk: SendDesk) -> None:
    """Find a message at the carrier by number and short code, or by its whole text when it has none.

    Found: it is adopted. Absent after the last look: sent again, or held as unconfirmed, as its account wants.
    """
    message, looks_ms = claim.message, desk.rules.looks_ms
    try:
        found = _find(message, desk)
    except CarrierRejectsUs as error:
        desk.pause(error)
        desk.try_later(claim, message.status, PAUSE_SECONDS * 1000)
        return
    except CarrierError:
        desk.try_later(claim, message.status, step(looks_ms, claim.looks))
        return
    if found is not None:
        desk.adopt(message, DeliveryReceipt(carrier_id=found.carrier_id, status=found.status, error=found.error))
    elif claim.looks + 1 < len(looks_ms):
        desk.try_later(claim, message.status, looks_ms[claim.looks + 1], looks=claim.looks + 1)
    else:
        _give_up_looking(claim, desk)


def _find(message: Message, desk: SendDesk) -> CarrierMessage | None:
    needle = message.code if message.link is not None else message.text
    since = message.accepted_at - CLOCKS_APART_MS
    for found in desk.carrier.find(message.recipient, containing=needle, since=since):
        if message.link is not None:
            return found
        if found.text == message.text and desk.messages.own_carrier_id(found.carrier_id, message.code):
            return found
    return None


def _give_up_looking(claim: MessageClaim, desk: SendDesk) -> None:
    hold = desk.accounts.get(claim.message.account).hold_unconfirmed
    desk.messages.postpone(
        claim.message.code,
        token=claim.token,
        leaving=[MessageStatus.UNKNOWN],
        status=MessageStatus.UNCONFIRMED if hold else MessageStatus.ACCEPTED,
        wait_ms=None if hold else 0,
        event=EntryKind.UNCONFIRMED if hold else EntryKind.RESEND,
        detail="not-found-at-carrier",
    )
