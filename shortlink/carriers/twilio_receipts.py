"""Twilio's reports: their signature and their words. Needs nothing of Twilio's SDK, so that the web stays small."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from shortlink.carriers.twilio_errors import CANCELED, reason_for
from shortlink.carriers.twilio_inbound import read_inbound
from shortlink.domain.inbound import InboundMessage
from shortlink.domain.message import DeliveryReceipt, MessageStatus

log = logging.getLogger(__name__)

# `receiving` and `received` are missing on purpose: they are for messages that came in, which `read_inbound` reads.
_STATUSES = {
    "accepted": MessageStatus.QUEUED,
    "scheduled": MessageStatus.QUEUED,
    "queued": MessageStatus.QUEUED,
    "sending": MessageStatus.SENT,
    "sent": MessageStatus.SENT,
    "partially_delivered": MessageStatus.SENT,  # some parts arrived: a final word is still to come
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.DELIVERED,
    "undelivered": MessageStatus.UNDELIVERED,
    "failed": MessageStatus.FAILED,
    "canceled": MessageStatus.FAILED,
}
_FAILURES = frozenset({MessageStatus.UNDELIVERED, MessageStatus.FAILED})


def status_for(word: str) -> MessageStatus | None:
    """Translate Twilio's status word; None for one that is unknown: Twilio adds words without notice."""
    return _STATUSES.get(word)


def error_code(word: str, code: object) -> str | None:
    """Read the error code beside a status word.

    Only failures keep one: Twilio documents the code for them alone, yet sends leftovers beside other words.
    """
    if _STATUSES.get(word) not in _FAILURES:
        return None
    text = "" if code is None else str(code).strip()
    if text not in ("", "0"):
        return text
    return CANCELED if word == "canceled" else None


class TwilioReceipts:
    """Reads what Twilio posts: status callbacks, and messages that came in. Without an auth token none is genuine."""

    def __init__(self, auth_token: str) -> None:
        self._key = auth_token.encode()

    def read_receipt(self, form: Mapping[str, str]) -> DeliveryReceipt | None:
        """Translate a status callback; None, and a line in the log, when it holds no id or no word we know."""
        carrier_id = form.get("MessageSid") or form.get("SmsSid") or ""
        word = form.get("MessageStatus") or form.get("SmsStatus") or ""
        status = status_for(word)
        if not carrier_id or status is None:
            why = "it has a status that is not known here" if carrier_id else "it names no message"
            log.warning("receipt ignored, as %s: carrier_id=%.40r status=%.40r", why, carrier_id, word)
            return None
        return DeliveryReceipt(carrier_id=carrier_id, status=status, error=error_code(word, form.get("ErrorCode")))

    def read_inbound(self, form: Mapping[str, str]) -> InboundMessage | None:
        """Translate a report of a message that came in; None when it does not say from whom or to whom."""
        return read_inbound(form)

    def reason_for(self, code: str) -> str:
        """Say in one sentence why a message with this error code was lost."""
        return reason_for(code)

    def receipt_is_genuine(self, url: str, parameters: Collection[tuple[str, str]], signature: str) -> bool:
        """Check X-Twilio-Signature: base64 of HMAC-SHA1 over the URL and every parameter, sorted by name.

        One that comes with several values stands there once with each of them, also sorted, as in the SDK.

        Own lines instead of the SDK's RequestValidator, because that compares in a Python loop, not with
        `hmac.compare_digest`, and cuts an IPv6 host apart. Like it, this accepts the URL with and without its
        port: Twilio is not consistent there, and a forger gains nothing, since either needs the token.
        """
        given = signature.encode(errors="surrogatepass")
        rest = "".join(name + value for name, value in sorted(set(parameters)))
        matches = [hmac.compare_digest(self._sign(spelling + rest), given) for spelling in _spellings(url)]
        return any(matches) and bool(self._key)  # a signature with an empty key is anyone's

    def _sign(self, text: str) -> bytes:
        return base64.b64encode(hmac.new(self._key, text.encode(errors="surrogatepass"), hashlib.sha1).digest())


def _spellings(url: str) -> tuple[str, str]:
    """Return the URL as it is, and with its port left out or, if it has none, the usual one put in."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url, url
    if port is not None:
        other = parts.netloc.removesuffix(f":{port}")
    else:
        other = f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}"
    return url, url.replace(f"//{parts.netloc}", f"//{other}", 1)
