"""Read the query of a list call and cut the page out that it asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime

from shortlink.simulator.errors import Refusal
from shortlink.simulator.message_store import MessageStore
from shortlink.simulator.sms import Sms

FILTERS = ("To", "From", "DateSent", "DateSent<", "DateSent>")
Condition = tuple[str, str | int]
_TOKEN = re.compile(r"P([AB])(SM[0-9a-f]{32})")  # after, or before, the message with this sid
_SEQ = "(SELECT seq FROM messages WHERE sid = ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list, newest message first."""

    messages: Sequence[Sms]
    number: int
    size: int
    token: str | None
    next_token: str | None
    previous_token: str | None


def read_page(messages: MessageStore, query: Mapping[str, str], created_before: int | None) -> Page:
    """Cut out the page that the query asks for, of the messages created before this time.

    A page token holds its place while new messages arrive; a bare page number does not. Raises Refusal.
    """
    size = min(max(_whole(query, "PageSize", 50), 1), 1000)
    number = _whole(query, "Page", 0)
    token = query.get("PageToken") or None
    conditions = conditions_of(query)
    if created_before is not None:
        conditions.append(("created_at <= ?", created_before))
    backwards, place = _place(token)
    offset = 0 if token else number * size
    found = messages.list([*conditions, *place], newest_first=not backwards, limit=size + 1, offset=offset)
    more = len(found) > size
    shown = found[:size][::-1] if backwards else found[:size]
    return Page(
        messages=shown,
        number=number,
        size=size,
        token=token,
        next_token=f"PA{shown[-1].sid}" if shown and (more or backwards) else None,
        previous_token=f"PB{shown[0].sid}" if shown and number > 0 else None,
    )


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refusal(20001, f"{name} must be a whole number")
    return int(text)


def _place(token: str | None) -> tuple[bool, list[Condition]]:
    if token is None:
        return False, []
    match = _TOKEN.fullmatch(token)
    if not match:
        raise Refusal(20001, "PageToken")
    backwards = match[1] == "B"
    return backwards, [(f"seq {'>' if backwards else '<'} {_SEQ}", match[2])]


def conditions_of(query: Mapping[str, str]) -> list[Condition]:
    """Turn the filters into conditions; a message that was not sent yet matches no date."""
    conditions: list[Condition] = []
    if query.get("To"):
        conditions.append(("recipient = ?", query["To"]))
    if query.get("From"):
        conditions.append(("sender = ?", query["From"]))
    for name, sql in (("DateSent<", "sent_at < ?"), ("DateSent>", "sent_at >= ?")):
        if query.get(name):
            start, end = _span(query[name])
            conditions.append((sql, end if name == "DateSent<" else start))
    if query.get("DateSent"):
        start, end = _span(query["DateSent"])
        conditions += [("sent_at >= ?", start), ("sent_at < ?", end)]
    return conditions


def _span(text: str) -> tuple[int, int]:
    """Read a date or a time as the milliseconds where it starts and ends: a day, or one second.

    Midnight is a day too: the SDK writes dates so.
    """
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        start = _rfc2822(text)
    start = start.replace(microsecond=0, tzinfo=start.tzinfo or UTC)
    length = timedelta(seconds=1) if start.time() > time.min else timedelta(days=1)
    return int(start.timestamp() * 1000), int((start + length).timestamp() * 1000)


def _rfc2822(text: str) -> datetime:
    try:
        return parsedate_to_datetime(text)
    except ValueError:
        raise Refusal(20001, "DateSent must be a date such as 2026-01-31") from None
