"""Look at the carrier for a message of which nobody knows whether it arrived there."""

from __future__ import annotations

import re

from shortlink.carriers import CarrierMessage
from shortlink.domain.account import DAMAGED_WAIT_MS
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import AccountUnreadable, CarrierError, CarrierRejectsUs
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.sendings import MessageClaim
from shortlink.use_cases.send_desk import PAUSE_SECONDS, SendDesk, step

CLOCKS_APART_MS = 600_000  # the carrier's clock and ours may differ this much
LOOKED_FOR_MS = DAY_MS  # since it was accepted; by then nobody waits for it any more
_WORD = re.compile(r"[^\W_]+")


def reconcile_message(claim: MessageClaim, desk: SendDesk) -> None:
    """Find a message at the carrier by number and short code, or by the letters of its text when it has none.

    Found: it is adopted. Absent after the last look: sent again, or held as unconfirmed, as its account wants. Held in
    any case when a day went by in which the carrier could not be asked.
    """
    message, looks_ms = claim.message, desk.rules.looks_ms
    try:
        found = _find(message, desk)
    except CarrierRejectsUs as error:
        desk.pause(error)
        _look_later(claim, desk, PAUSE_SECONDS * 1000)
        return
    except CarrierError:
        _look_later(claim, desk, step(looks_ms, claim.looks))
        return
    if found is not None:
        desk.note_sender(message)
        desk.adopt(message, DeliveryReceipt(carrier_id=found.carrier_id, status=found.status, error=found.error))
    elif claim.looks + 1 < len(looks_ms):
        desk.try_later(claim, message.status, looks_ms[claim.looks + 1], looks=claim.looks + 1)
    else:
        try:
            hold = desk.accounts.owner(message.account).hold_unconfirmed
        except AccountUnreadable:  # what it wants is not known until it is mended
            desk.try_later(claim, message.status, DAMAGED_WAIT_MS)
            return
        _give_up_looking(claim, desk, hold=hold, why="not-found-at-carrier")


def _look_later(claim: MessageClaim, desk: SendDesk, wait_ms: int) -> None:
    """Put off a look that the carrier did not allow.

    Not for ever: whose message an id of the carrier's is, is remembered for a little longer than that only.
    """
    if desk.sendings.now() - claim.message.accepted_at < LOOKED_FOR_MS:
        desk.try_later(claim, claim.message.status, wait_ms)
    else:
        _give_up_looking(claim, desk, hold=True, why="carrier-not-asked")


def _find(message: Message, desk: SendDesk) -> CarrierMessage | None:
    needle = message.code if message.link is not None else _longest_word(message.text)
    since = message.accepted_at - CLOCKS_APART_MS
    for found in desk.carrier.find(message.recipient, containing=needle, since=since):
        if _may_be(message, found.text) and desk.carrier_ids.own(found.carrier_id, message.code):
            return found
    return None


def _may_be(message: Message, text: str) -> bool:
    """Whether the carrier's text can be this message's; carriers change marks and spaces, but no link and no letter.

    A later message may repeat our short link. It is known by having one more, of its own, or by whose id it is.
    """
    if message.link is None:
        return text == message.text or _letters(text) == _letters(message.text) != ""
    ours = message.link.short_url.removesuffix(message.code)
    return text.count(ours) == message.text.count(ours)


def _longest_word(text: str) -> str:
    """Take from a text what it is looked for by; all of it where it has no letters."""
    return max(_WORD.findall(text), key=len, default=text)


def _letters(text: str) -> str:
    """Leave the letters and digits of a text."""
    return "".join(_WORD.findall(text))


def _give_up_looking(claim: MessageClaim, desk: SendDesk, *, hold: bool, why: str) -> None:
    desk.sendings.postpone(
        claim.message.code,
        token=claim.token,
        leaving=[MessageStatus.UNKNOWN],
        status=MessageStatus.UNCONFIRMED if hold else MessageStatus.ACCEPTED,
        wait_ms=None if hold else 0,
        event=EntryKind.UNCONFIRMED if hold else EntryKind.RESEND,
        detail=why,
    )
