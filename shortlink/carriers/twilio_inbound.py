"""Twilio's reports of messages that came in. Needs nothing of Twilio's SDK, so that the web stays small."""

from __future__ import annotations

from collections.abc import Mapping

from shortlink.domain.inbound import InboundMessage
from shortlink.domain.opt_out import Wish, read_wish

_OPT_OUT_TYPES = {wish.value: wish for wish in Wish}


def read_inbound(form: Mapping[str, str]) -> InboundMessage | None:
    """Translate a report; None when it names no message, nobody who sent it, or nobody it went to.

    With Advanced Opt-Out, Twilio itself says what the text asks for, by `OptOutType`, in words of the customer's own.
    """
    carrier_id = form.get("MessageSid") or form.get("SmsSid") or ""
    sender, recipient, text = form.get("From", ""), form.get("To", ""), form.get("Body", "")
    if not carrier_id or not sender or not recipient:
        return None
    return InboundMessage(
        carrier_id=carrier_id,
        sender=sender,
        recipient=recipient,
        text=text,
        service=form.get("MessagingServiceSid") or None,
        wish=_OPT_OUT_TYPES.get(form.get("OptOutType", "").lower()) or read_wish(text),
    )
