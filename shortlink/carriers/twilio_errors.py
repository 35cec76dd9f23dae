"""Twilio's error codes: what each means in plain words, and what an answer with one means for a message.

Codes: https://www.twilio.com/docs/api/errors. Twilio's own sentences are never passed on: they quote phone numbers.
"""

from __future__ import annotations

from shortlink.domain.errors import (
    CarrierBusy,
    CarrierError,
    CarrierRefused,
    CarrierRejectsUs,
    OutcomeUnknown,
    RecipientOptedOut,
)
from shortlink.domain.opt_out import OPTED_OUT_CODE

CANCELED = "canceled"  # our own word: Twilio gives no code with this status
NO_SUCH_THING = "20404"
_OPTED_OUT = "21610"

_REASONS = {
    CANCELED: "The message was cancelled at Twilio before it was sent.",
    OPTED_OUT_CODE: "The recipient opted out of your messages before this one was sent.",
    # The account and the request
    "10001": "The Twilio account is not active.",
    "14107": "Too many messages went between the same two numbers within seconds.",
    "20003": "Twilio did not accept the credentials.",
    "20005": "The Twilio account is not active.",
    "20006": "Twilio denied the account access to this.",
    "20008": "Twilio's test credentials cannot do this.",
    "20403": "Twilio denied the account access; it may be suspended or closed.",
    NO_SUCH_THING: "Twilio knows no such account or message.",
    "20429": "Twilio received too many requests at once.",
    "70051": "Twilio could not authorize the request; the account or the API key may be suspended.",
    "90010": "The Twilio account is not active.",
    # Refused when the message was handed over
    "21211": "The recipient is not a valid phone number.",
    "21212": "The sender is not a valid phone number, short code or name.",
    "21219": "The recipient has not been verified for this trial account.",
    "21265": "The recipient is a short code, which cannot receive messages.",
    "21266": "The recipient and the sender are the same number.",
    "21267": "A trial account cannot send under a name.",
    "21268": "The recipient is a premium or information service number.",
    "21408": "The account may not send to the recipient's country.",
    "21601": "The sender is not a number of this account that can send messages.",
    "21602": "The message has no text.",
    "21603": "The message has no sender.",
    "21604": "The message has no recipient.",
    "21605": "The text is too long.",
    "21606": "The sender cannot send messages to this recipient from this account.",
    "21608": "A trial account can only send to verified numbers.",
    "21609": "The address for delivery receipts is not one that Twilio can reach.",
    _OPTED_OUT: "The recipient has opted out of messages from this sender.",
    "21611": "Too many messages from this sender are waiting at Twilio.",
    "21612": "Twilio cannot send from this sender to this recipient.",
    "21614": "The recipient is not a mobile number.",
    "21617": "The text is longer than 1,600 characters.",
    "21619": "The message has no text.",
    "21635": "The recipient is a landline.",
    "21659": "The sender is not a Twilio number, or a short code of another country.",
    "21660": "The sender does not belong to this account.",
    "21661": "The sender cannot send SMS.",
    "21701": "The Messaging Service does not exist.",
    "21703": "The Messaging Service has no number that can send this message.",
    "21704": "The Messaging Service has no numbers.",
    "21705": "The Messaging Service is not valid.",
    "21730": "Twilio is under maintenance.",
    # Reported later, by the network or by Twilio
    "30001": "Too many messages were waiting at Twilio.",
    "30002": "The Twilio account was suspended before the message went out.",
    "30003": "The phone could not be reached: switched off, or without signal.",
    "30004": "The recipient or the network blocks this message.",
    "30005": "The number is unknown or no longer in service.",
    "30006": "The number is a landline, or its network cannot be reached.",
    "30007": "The message was filtered as unwanted by the network or by Twilio.",
    "30008": "The network reported a failure and gave no reason.",
    "30009": "A part of the message was lost on the way.",
    "30010": "Sending would have cost more than the price limit.",
    "30011": "The recipient's network does not take picture messages.",
    "30017": "The network is congested.",
    "30018": "The recipient's network only takes senders that are registered with it.",
    "30019": "The message is too long for the recipient's network.",
    "30020": "Twilio failed to process the message.",
    "30022": "The US network's rate limit for this campaign was exceeded.",
    "30023": "The US network's daily limit for this brand was reached.",
    "30024": "The sender's number is not yet set up at the recipient's network.",
    "30027": "T-Mobile's daily limit for this brand was reached.",
    "30032": "The toll-free sender has not been verified.",
    "30033": "The US campaign of this sender is suspended.",
    "30034": "The sender is a US number without a registered campaign.",
    "30036": "The message waited at Twilio longer than it was valid.",
    "30410": "The network did not answer in time.",
    "30450": "Twilio holds back messages to this number for a while, as a protection against fraud.",
    "30453": "Twilio holds back messages to this number for a while, as a protection against fraud.",
    "30500": "The network reported an error.",
    "60728": "The account has used up its messages for this hour.",
    "63017": "The account sends more messages a second than Twilio allows.",
    "63038": "The account has used up its messages for today.",
}

# Nothing was processed, and later the same request can succeed, whatever HTTP status comes with it.
_COMES_RIGHT_LATER = frozenset({"21611", "21730", "60728", "63017", "63038"})

# The account or our own settings are at fault (credentials, Messaging Service, receipt address): every message
# would be refused alike, so none may be failed for it.
_OURS_TO_MEND = frozenset(
    {"10001", "20003", "20005", "20006", "20008", "20403", "70051", "90010"}
    | {NO_SUCH_THING, "21609", "21701", "21704", "21705", "30002"}
)
_ABOUT_A_MESSAGE = ("21", "30", "63")  # how codes begin that concern one message, even when they come with a 403


def reason_for(code: str) -> str:
    """Say in one sentence what an error code means; codes that are not in the table get a general one."""
    if code in _REASONS:
        return _REASONS[code]
    if code.startswith("http-"):
        return f"Twilio answered HTTP {code.removeprefix('http-')} without a code of its own."
    return f"Twilio could not send the message (error {code})."


def error_for(status: int, code: str | None, *, retry_after: float | None = None) -> CarrierError:
    """Tell what an answer other than 2xx means for the message: the table of docs/reliability.md.

    `code` is Twilio's own, None when the answer had none; the error then carries `http-` and the status.
    """
    named = code or f"http-{status}"
    reason = reason_for(named)
    if status == 429 or code == "20429":  # never processed, says https://www.twilio.com/docs/api/errors/20429
        return CarrierBusy(reason, code=named, retry_after=retry_after)
    if not 400 <= status < 500 or status == 408:  # a 5xx may come after the message was taken
        return OutcomeUnknown(reason, code=named)
    if code in _COMES_RIGHT_LATER:
        return CarrierBusy(reason, code=named, retry_after=retry_after)
    if code in _OURS_TO_MEND or (status in (401, 403, 404, 405) and not _is_about_a_message(code)):
        return CarrierRejectsUs(reason, code=named)
    if code == _OPTED_OUT:
        return RecipientOptedOut(reason, code=named)
    return CarrierRefused(reason, code=named)


def _is_about_a_message(code: str | None) -> bool:
    return code is not None and len(code) == 5 and code.startswith(_ABOUT_A_MESSAGE)
