"""How things are written on the pages: numbers, times, statuses, segments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from shortlink.domain.inbound import reply_address
from shortlink.domain.phone import space_number
from shortlink.domain.segment import count_segments
from shortlink.simulator.errors import FAILURES
from shortlink.simulator.links import split_links
from shortlink.simulator.sms import Sms, SmsStatus

_STATUS_WORDS = {
    SmsStatus.ACCEPTED: "Accepted",
    SmsStatus.SCHEDULED: "Scheduled",
    SmsStatus.QUEUED: "Queued",
    SmsStatus.SENDING: "Sending",
    SmsStatus.SENT: "Sent",
    SmsStatus.DELIVERED: "Delivered",
    SmsStatus.UNDELIVERED: "Not delivered",
    SmsStatus.FAILED: "Failed",
    SmsStatus.CANCELED: "Canceled",
}


def clock(at: int) -> str:
    """Write a time of day, with the date in front unless it is today; in this machine's time zone."""
    moment = datetime.fromtimestamp(at / 1000).astimezone()
    today = datetime.now().astimezone().date()
    return moment.strftime("%H:%M" if moment.date() == today else "%-d %b, %H:%M")


def seconds(at: int) -> str:
    """Write a time to the millisecond, as one reads a log."""
    moment = datetime.fromtimestamp(at / 1000).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{at % 1000:03d}"


def iso(at: int) -> str:
    """Write a time for a `datetime` attribute."""
    return datetime.fromtimestamp(at / 1000).astimezone().isoformat(timespec="milliseconds")


def status_words(sms: Sms) -> str:
    """Say where a message stands, and why it failed."""
    reason = f": {FAILURES[sms.error_code].lower()} ({sms.error_code})" if sms.error_code else ""
    return _STATUS_WORDS[sms.status] + reason


def size_words(sms: Sms) -> str:
    """Say how many segments a body takes, in which encoding."""
    if not sms.body:
        return "redacted"
    size = count_segments(sms.body)
    return f"{size.count} segment{'s' if size.count > 1 else ''} · {size.encoding} · {size.units} units"


def answer_words(status: int) -> str:
    """Name an HTTP status; 0 is a connection that was closed without one."""
    if not status:
        return "hung up"
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def field_words(value: Any) -> str:
    """Write a field of a JSON body; text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def can_be_answered(sender: str) -> bool:
    """Whether people can answer a sender: a number or a short code, and no name."""
    return reply_address(sender) is not None


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": space_number,
    "clock": clock,
    "seconds": seconds,
    "iso": iso,
    "status_words": status_words,
    "size_words": size_words,
    "answer_words": answer_words,
    "field_words": field_words,
    "split_links": split_links,
    "can_be_answered": can_be_answered,
}
