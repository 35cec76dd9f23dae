"""The log files: which types there are, which events they hold, and their columns.

These tables are the only place that knows columns: the forms, their documentation and the files of past days follow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from shortlink.dialects.event_object import timestamp
from shortlink.domain.event import Event, EventType

Cell = str | int | float | bool | None


class LogType(StrEnum):
    """What a log is about; leads the name of its files."""

    ATTEMPTS = "attempts"
    DELIVERIES = "deliveries"
    FAILURES = "failures"
    CLICKS = "clicks"
    OPENS = "opens"
    RESPONSES = "responses"
    CALLBACKS = "callbacks"
    WEBHOOK_ERRORS = "webhook-errors"
    UNSUBSCRIBES = "unsubscribes"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `person` marks what goes when a person is erased: a number, or what the person wrote."""

    name: str
    meaning: str
    read: Callable[[Event], Cell]
    person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One type of log: what it is for, whose events it holds, and what is written of each."""

    type: LogType
    meaning: str
    events: tuple[EventType, ...]
    columns: tuple[Column, ...]
    holds: Callable[[Event], bool] = lambda _: True

    def row(self, event: Event) -> list[Cell]:
        """Write one event."""
        return [column.read(event) for column in self.columns]


def _data(name: str, meaning: str, *, key: str | None = None, person: bool = False) -> Column:
    def read(event: Event) -> Cell:
        value: Cell = event.data.get(key or name)
        return value

    return Column(name, meaning, read, person)


_ID = Column("id", "Names the event, in webhooks and in the feed as well.", lambda event: event.id)
_TIME = Column("time", "When it happened, in UTC.", lambda event: timestamp(event.at))
_EVENT = Column("event", "The type of the event.", lambda event: event.type.value)
_MSGID = Column("msgid", "The message.", lambda event: event.message_id)
_RECIPIENT = Column("recipient", "The person's number; empty once erased.", lambda event: event.recipient, person=True)
_SENDER = Column("sender", "Our number or name.", lambda event: event.sender)
_TAGS = Column("tags", "The message's tags, joined by commas.", lambda event: ",".join(event.tags))
_LINK = _data("link", "Where the link leads, as it was written.")
_RULE = _data("rule", "The rule that says so.")
_ERROR = _data("error", "Why not: the carrier's code, or a word of ours.")
_ABOUT = (_ID, _TIME, _EVENT, _MSGID, _RECIPIENT, _SENDER, _TAGS)
_WHOSE_TRY = (_ID, _TIME, _MSGID, _TAGS)
_TOLD = _data("callback_id", "The event id that your server was told: the same on every try.")
_TRY = (
    _data("number", "The number of the try."),
    _data("state", "What followed: `delivered`, `pending` for another try, `exhausted`, `stopped`, `overtaken`."),
    _data("status_code", "What your server answered; empty when it did not."),
    _data("error", "Why there was no answer."),
    _data("duration_ms", "How long it took, in milliseconds."),
)


def _failed(event: Event) -> bool:
    return event.data.get("status_code") != 200 and event.data.get("state") != "delivered"


LOGS: dict[LogType, Log] = {
    log.type: log
    for log in (
        Log(
            type=LogType.ATTEMPTS,
            meaning="Messages on their way to the carrier: accepted, each try to hand them over, taken.",
            events=(EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_ATTEMPTED, EventType.MESSAGE_SUBMITTED),
            columns=(
                *_ABOUT,
                _data("outcome", "Of a try: `taken`, `busy`, `refused`, `unknown`, `not-found`."),
                _ERROR,
                _data("parts", "SMS parts, when accepted.", key="segments"),
                _data("cost", "When accepted."),
            ),
        ),
        Log(
            type=LogType.DELIVERIES,
            meaning="Good news from the carrier: sent to the network, delivered.",
            events=(EventType.MESSAGE_SENT, EventType.MESSAGE_DELIVERED),
            columns=_ABOUT,
        ),
        Log(
            type=LogType.FAILURES,
            meaning="Messages that were lost, and those that nobody knows the fate of.",
            events=(EventType.MESSAGE_FAILED, EventType.MESSAGE_UNCONFIRMED),
            columns=(*_ABOUT, _data("status", "`failed`, or `undelivered` by the network."), _ERROR),
        ),
        Log(
            type=LogType.CLICKS,
            meaning="Every click that counts.",
            events=(EventType.LINK_CLICKED,),
            columns=(
                *_ABOUT,
                _LINK,
                _data("verdict", "What opened the link: `human`, or `unknown`, a plain program such as curl."),
                _RULE,
                _data("first", "Whether the link had no click before it when it was stored."),
            ),
        ),
        Log(
            type=LogType.OPENS,
            meaning="Hits that do not count: previews, prefetches, scanners, requests for the headers alone (HEAD). "
            "And links whose time has passed, or that were switched off or on.",
            events=(
                EventType.LINK_PREVIEWED,
                EventType.LINK_EXPIRED,
                EventType.LINK_DISABLED,
                EventType.LINK_ENABLED,
            ),
            columns=(
                *_ABOUT,
                _LINK,
                _data(
                    "verdict",
                    "What opened the link: `preview`, `prefetch`, `scanner`, `head`, which the figures leave out, "
                    "or `unknown`, a plain program, where these do not count. Empty of what is no hit.",
                ),
                _RULE,
                _data("by", "Of a switch: `api`, `dashboard`, or `cli`, which is the operator's."),
            ),
        ),
        Log(
            type=LogType.RESPONSES,
            meaning="What people wrote to us.",
            events=(EventType.MESSAGE_RECEIVED,),
            columns=(
                *(_ID, _TIME, _RECIPIENT, _SENDER),
                _data("inbound_id", "The message that came in."),
                _data("text", "What it said; empty once blanked.", person=True),
                _data("keyword", "What it asked for: `stop`, `start`, `help`."),
            ),
        ),
        Log(
            type=LogType.CALLBACKS,
            meaning="Every callback's try to tell your server of a click or a delivery; webhooks are not here.",
            events=(EventType.CALLBACK_ATTEMPTED,),
            columns=(*_WHOSE_TRY, _data("kind", "`click` or `report`."), _TOLD, *_TRY),
            holds=lambda event: event.data.get("kind") != "webhook",
        ),
        Log(
            type=LogType.WEBHOOK_ERRORS,
            meaning="Tries that your server did not take, of callbacks and of webhooks; "
            "what a webhook took is in its delivery log.",
            events=(EventType.CALLBACK_ATTEMPTED,),
            columns=(
                *_WHOSE_TRY,
                _data("kind", "`click`, `report`, or `webhook` for a webhook of yours."),
                _TOLD,
                _data("webhook", "The webhook, if it is one."),
                *_TRY,
            ),
            holds=_failed,
        ),
        Log(
            type=LogType.UNSUBSCRIBES,
            meaning="Numbers that opted out, or in again.",
            events=(EventType.RECIPIENT_UNSUBSCRIBED, EventType.RECIPIENT_RESUBSCRIBED),
            columns=(
                *(_ID, _TIME, _EVENT, _RECIPIENT, _SENDER),
                _data("reason", "`word` by SMS, `carrier`, `operator`."),
                _data("inbound_id", "The message that said so, if one did."),
            ),
        ),
    )
}
