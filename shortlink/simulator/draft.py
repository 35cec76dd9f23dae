"""Read the form with which a message is created, and refuse it as Twilio would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from shortlink.domain.durations import DAY_MS
from shortlink.simulator.errors import Refusal
from shortlink.simulator.magic import MAGIC_SENDERS, behaviour_of

MAX_CHARACTERS = 1600
MAX_URL = 4000
SOONEST_MS, LATEST_MS = 900_000, 35 * DAY_MS  # Twilio's window for SendAt
_RECIPIENT = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_URL = re.compile(r"[!-~]+")
_SENDER = re.compile(r"\+?\d{3,15}|(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message as it was asked for; nothing in it is refused any more."""

    recipient: str
    sender: str | None
    service_sid: str | None
    body: str
    callback_url: str | None
    send_at: int | None  # UTC milliseconds; only with a Messaging Service


def read_draft(form: Mapping[str, str], now: int) -> Draft:
    """Check the form in Twilio's order: what is missing first, then what is wrong.

    Raises Refusal with the first fault.
    """
    recipient, sender, service = (form.get(name) or None for name in ("To", "From", "MessagingServiceSid"))
    body = form.get("Body") or ""
    if not recipient:
        raise Refusal(21604)
    if not sender and not service:
        raise Refusal(21603)
    if not body:
        raise Refusal(21602)
    if len(body) > MAX_CHARACTERS:
        raise Refusal(21617)
    recipient = _check_recipient(recipient)
    _check_sender(sender)
    return Draft(
        recipient=recipient,
        sender=sender,
        service_sid=service,
        body=body,
        callback_url=_check_callback(form.get("StatusCallback") or None),
        send_at=_read_send_at(form, now) if service else None,
    )


def _check_recipient(given: str) -> str:
    recipient = re.sub(r"[ ().-]", "", given)
    if not _RECIPIENT.fullmatch(recipient):
        raise Refusal(21211, given)
    refusal = behaviour_of(recipient).refusal
    if refusal:
        raise Refusal(refusal, recipient)
    return recipient


def _check_sender(sender: str | None) -> None:
    if sender is None:
        return
    if sender in MAGIC_SENDERS:
        raise Refusal(MAGIC_SENDERS[sender][0], sender)
    if not _SENDER.fullmatch(sender):
        raise Refusal(21212, sender)


def _check_callback(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and "_" not in (parts.hostname or "")
        right = right and parts.port != 0 and len(url) <= MAX_URL and _URL.fullmatch(url) is not None
    except ValueError:
        right = False
    if not right:
        raise Refusal(21609, url)
    return url


def _read_send_at(form: Mapping[str, str], now: int) -> int | None:
    if form.get("ScheduleType") != "fixed":
        return None
    text = form.get("SendAt", "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(35114, text) from None
    at = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    if not SOONEST_MS <= at - now <= LATEST_MS:
        raise Refusal(35114, text)
    return at
