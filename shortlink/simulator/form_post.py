"""The form posts with which Twilio tells of receipts and of messages that came in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from urllib.parse import urldefrag, urlencode

from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.outgoing import ConnectionFailed, request

TRIES = 2  # Twilio repeats once after a failed connection, never after an answer


def post_form(account: TwilioAccount, url: str, fields: Mapping[str, str]) -> int:
    """Post signed fields and return the status of the answer; the fragment of a URL goes nowhere.

    Raises ConnectionFailed when there is none to the repeat either.
    """
    target = urldefrag(url).url
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "Accept": "*/*",
        "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
        "X-Twilio-Signature": account.sign(target, fields),
    }
    failure = ConnectionFailed()
    for _ in range(TRIES):
        try:
            return request("POST", target, headers=headers, body=urlencode(fields)).status
        except ConnectionFailed as error:
            failure = error
    raise failure
