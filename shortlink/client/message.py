"""What the API says of a message, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shortlink.client.times import read_time

FINAL = frozenset({"DELIVERED", "FAIL", "FAILED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message was accepted: it is stored and will be sent.

    `replayed` says that the service had it already; `idempotency_key` makes a later repeat safe.
    """

    msgid: str
    replayed: bool
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent with others; see `Client.send` for its parts."""

    text: str
    to: str
    sender: str
    track: bool = False
    tags: str | Sequence[str] = ()
    callback_url: str | None = None
    click_callback_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEntry:
    """What became of one of many: its id, or what was wrong, by field."""

    msgid: str | None
    errors: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadTaps:
    """Taps on a short link that led nowhere any more, or not then."""

    count: int
    first_on: datetime | None
    last_on: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTracking:
    """The short link of a message and what became of it."""

    link: str
    shortlink: str
    accessed: bool
    accessed_on: datetime | None
    clicks: int
    clicked_on: tuple[datetime, ...]
    machine_hits: int
    expires_on: datetime | None
    disabled: bool
    dead_taps: DeadTaps | None = None  # None when there was none


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Where a message stands; `raw` is the whole answer, with fields that this client does not know."""

    msgid: str
    status: str
    recipient: str
    sender: str
    sent_time: datetime | None
    tags: tuple[str, ...]
    cost: float
    parts: int
    url: str
    link_tracking: LinkTracking | None
    submission: str | None
    error_code: str | None
    error_reason: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @property
    def final(self) -> bool:
        """Whether the status will never change again."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageList:
    """Messages, newest first; `truncated` says that there were more than one answer holds.

    So many `unreadable` ones are left out, because their records in the service are damaged.
    """

    messages: tuple[Message, ...]
    truncated: bool
    unreadable: int = 0

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)


def read_message(given: Mapping[str, Any]) -> Message:
    """Read a status object."""
    error = given.get("error") or {}
    tracking = given.get("link_tracking")
    return Message(
        msgid=given["msgid"],
        status=given["status"],
        recipient=given.get("recipient") or "",
        sender=given.get("sender") or "",
        sent_time=read_time(given.get("sent_time")),
        tags=tuple(given.get("tags") or ()),
        cost=float(given.get("cost") or 0),
        parts=int(given.get("parts") or 1),
        url=given.get("url") or "",
        link_tracking=_read_tracking(tracking) if tracking else None,
        submission=given.get("submission"),
        error_code=error.get("code"),
        error_reason=error.get("reason"),
        raw=given,
    )


def _read_tracking(given: Mapping[str, Any]) -> LinkTracking:
    times = (read_time(text) for text in given.get("clicked_on") or ())
    return LinkTracking(
        link=given["link"],
        shortlink=given["shortlink"],
        accessed=bool(given.get("accessed")),
        accessed_on=read_time(given.get("accessed_on")),
        clicks=int(given.get("clicks") or 0),
        clicked_on=tuple(time for time in times if time),
        machine_hits=int(given.get("machine_hits") or 0),
        expires_on=read_time(given.get("expires_on")),
        disabled=bool(given.get("disabled")),
        dead_taps=_read_dead_taps(given.get("dead_taps")),
    )


def _read_dead_taps(given: Mapping[str, Any] | None) -> DeadTaps | None:
    if given is None:
        return None
    return DeadTaps(
        count=int(given["count"]), first_on=read_time(given.get("first_on")), last_on=read_time(given.get("last_on"))
    )
