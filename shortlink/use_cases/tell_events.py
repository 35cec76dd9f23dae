"""Tell events from the entries of the streams: what a script noted shortly, in words that stand for themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shortlink.domain.callback import CallbackKind, CallbackState
from shortlink.domain.click import Verdict
from shortlink.domain.event import Event, EventType
from shortlink.domain.message import MessageStatus
from shortlink.domain.opt_out import OPTED_OUT_CODE, OptOutReason
from shortlink.storage.event_entry import Entry, EntryKind
from shortlink.storage.events import Inbound
from shortlink.storage.record_numbers import read_number

OUR_OWN_WORDS = frozenset({"account-disabled", "erased", OPTED_OUT_CODE})  # failed without asking the carrier
_OVERTAKEN = "-"
_TOOK_FIRST = "first"  # between the rule and the time of a click out of a spool
Telling = Iterator[tuple[EventType, dict[str, Any]]]


@dataclass(slots=True, kw_only=True)
class Known:
    """What is known of a message while its events are told; the status follows them."""

    message_id: str
    account: str
    recipient: str
    sender: str
    tags: tuple[str, ...]
    status: MessageStatus
    segments: int
    cost: float
    link: str | None


def tell_events(entry: Entry, known: Mapping[str, Known], inbound: Mapping[str, Inbound]) -> Iterator[Event]:
    """Tell what happened by one entry, in order; nothing when its message is known nowhere any more.

    Raises ValueError, KeyError or IndexError for what no script writes.
    """
    if entry.kind in _OF_PEOPLE:
        yield from _of_person(entry, inbound.get(entry.subject))
        return
    message = known.get(entry.subject)
    if message is None:
        return
    teller = _TELLERS.get(entry.kind)
    for number, (type_, data) in enumerate(teller(entry, message) if teller else ()):
        yield Event(
            id=_name(entry, number),
            type=type_,
            at=_at(entry),
            kept_at=_kept_at(entry),
            account=message.account,
            message_id=message.message_id,
            code=entry.subject,
            recipient=message.recipient,
            sender=message.sender,
            tags=message.tags,
            data=data,
        )


def _name(entry: Entry, number: int) -> str:
    """Name an event after its entry, the same whenever it is told again."""
    return f"{entry.partition}{entry.id}" + (f".{number}" if number else "")


def _at(entry: Entry) -> int:
    """Say when it happened: a hit that waited in a spool brings its own time."""
    own = entry.detail.rpartition(" ")[2] if entry.kind in _HITS else ""
    return read_number(own) if own.isdecimal() else _kept_at(entry)


def _kept_at(entry: Entry) -> int:
    return read_number(str(entry.kept_at))


def _accepted(_: Entry, message: Known) -> Telling:
    yield EventType.MESSAGE_ACCEPTED, {"segments": message.segments, "cost": message.cost, "link": message.link}


def _status(entry: Entry, message: Known) -> Telling:
    before, message.status = message.status, MessageStatus(entry.value)
    after, error = message.status, entry.detail
    if after is not MessageStatus.FAILED and before.rank < MessageStatus.QUEUED.rank:
        if before.awaits_carrier and before is not MessageStatus.UNKNOWN:
            yield EventType.MESSAGE_ATTEMPTED, {"outcome": "taken"}
        yield EventType.MESSAGE_SUBMITTED, {}
    elif after is MessageStatus.FAILED and before.awaits_carrier and error not in OUR_OWN_WORDS:
        yield EventType.MESSAGE_ATTEMPTED, {"outcome": "refused", "error": error}
    if after is MessageStatus.SENT:
        yield EventType.MESSAGE_SENT, {}
    elif after is MessageStatus.DELIVERED:
        yield EventType.MESSAGE_DELIVERED, {}
    elif after.is_final:
        yield EventType.MESSAGE_FAILED, {"status": after.name.lower(), "error": error}


def _attempt(outcome: str, leads_to: MessageStatus) -> Callable[[Entry, Known], Telling]:
    def tell(entry: Entry, message: Known) -> Telling:
        message.status = leads_to
        yield EventType.MESSAGE_ATTEMPTED, {"outcome": outcome, "error": entry.detail}

    return tell


def _unconfirmed(entry: Entry, message: Known) -> Telling:
    message.status = MessageStatus.UNCONFIRMED
    yield EventType.MESSAGE_UNCONFIRMED, {"error": entry.detail}


def _clicked(entry: Entry, message: Known) -> Telling:
    told = _judgement(entry) | {"first": entry.kind is EntryKind.FIRST_CLICK, "link": message.link}
    if _TOOK_FIRST in entry.detail.split(" ")[1:-1]:
        told["became_first"] = True
    yield EventType.LINK_CLICKED, told


def _previewed(entry: Entry, message: Known) -> Telling:
    yield EventType.LINK_PREVIEWED, _judgement(entry) | {"link": message.link}


def _switched(entry: Entry, message: Known) -> Telling:
    type_ = EventType.LINK_ENABLED if entry.value == "on" else EventType.LINK_DISABLED
    yield type_, {"by": entry.detail, "link": message.link}


def _judgement(entry: Entry) -> dict[str, Any]:
    return {"verdict": Verdict(entry.value).name.lower(), "rule": entry.detail.split(" ")[0]}


def _called_back(entry: Entry, message: Known) -> Telling:
    kind, state = CallbackKind(entry.value[0]).name.lower(), entry.value[1:]
    number, _, attempt = entry.detail.partition(" ")
    told: dict[str, Any] = {
        "kind": kind,
        "callback_id": f"{message.message_id}-{kind}",
        "number": read_number(number),
        "state": "overtaken" if state == _OVERTAKEN else CallbackState(state).name.lower(),
    }
    words = attempt.split(" ")
    if len(words) == 3:
        told["duration_ms"] = read_number(words[1])
    outcome = words[-1]
    yield (
        EventType.CALLBACK_ATTEMPTED,
        told | ({"status_code": read_number(outcome)} if outcome.isdecimal() else {"error": outcome}),
    )


def _erased(entry: Entry, message: Known) -> Telling:
    message.recipient = ""
    if not entry.value:
        return
    message.status = MessageStatus(entry.value)
    if message.status is MessageStatus.UNCONFIRMED:
        yield EventType.MESSAGE_UNCONFIRMED, {"error": "erased"}
    else:
        yield EventType.MESSAGE_FAILED, {"status": message.status.name.lower(), "error": "erased"}


def _of_person(entry: Entry, inbound: Inbound | None) -> Iterator[Event]:
    if inbound is None:
        return
    # An opt-out that no message said has a name in the store all the same, under which nobody finds a message.
    named = entry.kind is EntryKind.RECEIVED or entry.detail == OptOutReason.WORD
    data: dict[str, Any] = {"inbound_id": entry.subject} if named else {}
    if entry.kind is EntryKind.RECEIVED:
        data |= {"text": inbound.text, "keyword": entry.detail}
    else:
        data["reason"] = entry.detail
    yield Event(
        id=_name(entry, 0),
        type=_OF_PEOPLE[entry.kind],
        at=_kept_at(entry),
        kept_at=_kept_at(entry),
        account=inbound.account,
        recipient=inbound.sender,
        sender=inbound.recipient,
        data=data,
    )


_HITS = frozenset({EntryKind.FIRST_CLICK, EntryKind.CLICK, EntryKind.HIT})
_OF_PEOPLE = {
    EntryKind.RECEIVED: EventType.MESSAGE_RECEIVED,
    EntryKind.UNSUBSCRIBED: EventType.RECIPIENT_UNSUBSCRIBED,
    EntryKind.RESUBSCRIBED: EventType.RECIPIENT_RESUBSCRIBED,
}
# The others are for the audit: they change nothing that an account sees.
_TELLERS: Mapping[EntryKind, Callable[[Entry, Known], Telling]] = {
    EntryKind.ACCEPTED: _accepted,
    EntryKind.STATUS: _status,
    EntryKind.UNKNOWN: _attempt("unknown", MessageStatus.UNKNOWN),
    EntryKind.BUSY: _attempt("busy", MessageStatus.ACCEPTED),
    EntryKind.RESEND: _attempt("not-found", MessageStatus.ACCEPTED),
    EntryKind.UNCONFIRMED: _unconfirmed,
    EntryKind.FIRST_CLICK: _clicked,
    EntryKind.CLICK: _clicked,
    EntryKind.HIT: _previewed,
    EntryKind.SWITCHED: _switched,
    EntryKind.CALLBACK: _called_back,
    EntryKind.ERASED: _erased,
}
