"""What happened, in plain words: to one message in order of time, or lately to all of an account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shortlink.domain.callback import Attempt, Callback, CallbackKind
from shortlink.domain.click import Verdict
from shortlink.domain.event import Event, EventType
from shortlink.domain.message import Message
from shortlink.web.dashboard.presentation import answer, host, span
from shortlink.web.dashboard.words import (
    ATTEMPT_ERROR,
    EVENT,
    KIND,
    OUTCOME,
    REFUSED,
    SWITCHED_BY,
    UNJUDGED,
    VERDICT,
    rule_words,
)

_HITS = (EventType.LINK_CLICKED, EventType.LINK_PREVIEWED)
_LOST = (EventType.MESSAGE_FAILED, EventType.MESSAGE_ATTEMPTED)
_TOLD_BY_WHAT_FOLLOWS = frozenset({"taken", "refused"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a timeline. `tone` is `good`, `bad`, `machine` or empty.

    `explains` when the detail says more than the title's own meaning. `webhook` is the id of the one that it is about.
    """

    at: int
    title: str
    detail: str = ""
    tone: str = ""
    explains: bool = True
    webhook: str = ""


def tell_message(
    message: Message | None, callbacks: Sequence[Callback], events: Sequence[Event], reason_for: Callable[[str], str]
) -> list[Entry]:
    """Tell what happened to one message, from all that is known of it.

    The archive knows every event, the store's record the callbacks' tries to the last detail; what one of them lacks
    is taken from the other.
    """
    told = [*_of_callbacks(callbacks)]
    tried = bool(told)
    told += [tell_event(event, reason_for) for event in _with_one_first(events) if not is_told(event, tried=tried)]
    if message is not None and not events:
        told += _of_record(message)
    return sorted(told, key=lambda entry: entry.at)


def _with_one_first(events: Sequence[Event]) -> list[Event]:
    """Leave the mark of the first click to the earliest that bears it: one out of a spool may have taken its place."""
    marked = [event for event in events if event.data.get("first") or event.data.get("became_first")]
    first = min(marked, key=lambda event: event.at, default=None)
    return [
        replace(event, data=event.data | {"first": event is first}) if event in marked else event for event in events
    ]


def is_told(event: Event, *, tried: bool = False) -> bool:
    """Whether an event is told by another one: a try by what came of it, a callback's try by its record."""
    if event.type is EventType.MESSAGE_ATTEMPTED:
        return event.data.get("outcome") in _TOLD_BY_WHAT_FOLLOWS
    return tried and event.type is EventType.CALLBACK_ATTEMPTED and event.data.get("kind") != "webhook"


def tell_event(event: Event, reason_for: Callable[[str], str]) -> Entry:
    """Put one event into words."""
    if event.type in _HITS:
        return _of_hit(event)
    if event.type is EventType.CALLBACK_ATTEMPTED:
        return _of_attempt(event)
    words = OUTCOME.get(str(event.data.get("outcome")), EVENT[event.type])
    if event.type is EventType.MESSAGE_FAILED and event.data.get("status") == "failed":
        words = REFUSED
    error = str(event.data.get("error") or "")
    detail = words.why
    if error and event.type in _LOST:
        reason = reason_for(error)
        detail = f"{reason} ({error})" if reason else f"{detail} ({error})".strip()
    if by := SWITCHED_BY.get(str(event.data.get("by"))):
        detail = f"{words.why} {by}"
    if text := event.data.get("text"):
        detail = f"“{text}”"
    return Entry(at=event.at, title=words.name, detail=detail, tone=words.tone, explains=detail != words.why)


def _of_hit(event: Event) -> Entry:
    counted = event.type is EventType.LINK_CLICKED
    tone = "good" if counted else "machine"
    verdict = Verdict.__members__.get(str(event.data.get("verdict")).upper())
    if verdict is None:
        return _of_unjudged(event.at, first=bool(event.data.get("first")), counted=counted)
    words = VERDICT[verdict]
    title = "First tap" if event.data.get("first") and verdict is Verdict.HUMAN else words.name
    detail = rule_words(verdict, str(event.data.get("rule", ""))) + _ending(verdict, counted=counted)
    return Entry(at=event.at, title=title, detail=detail, tone=tone)


def _ending(verdict: Verdict, *, counted: bool) -> str:
    """Say what a hit counts as, where its verdict does not tell."""
    if verdict is Verdict.HEAD:
        return " It is not counted, not even among machine hits."
    if verdict is not Verdict.UNKNOWN:
        return ""
    return " It counts." if counted else " It does not count."


def _of_unjudged(at: int, *, first: bool, counted: bool = True) -> Entry:
    """Tell of a hit whose verdict is not known here: that it counts does not say that it was a person."""
    if not counted:
        return Entry(at=at, title=UNJUDGED.name, detail=f"{UNJUDGED.why} It does not count.", tone="machine")
    return Entry(at=at, title="First click" if first else "Click", detail=f"{UNJUDGED.why} It counts.", tone="good")


def _of_attempt(event: Event) -> Entry:
    code, error = event.data.get("status_code"), event.data.get("error")
    words = answer(int(code)) if code else ATTEMPT_ERROR.get(str(error), str(error or "no answer"))
    kind, number = str(event.data.get("kind", "")), event.data.get("number")
    name = KIND[CallbackKind[kind.upper()]] if kind.upper() in CallbackKind.__members__ else kind.capitalize()
    good = event.data.get("state") == "delivered"
    return Entry(
        at=event.at,
        title=f"{name or 'Callback'} {'taken' if good else 'not taken'}",
        detail=f"Try {number}: {words}" if number else words,
        tone="good" if good else "bad",
        webhook=str(event.data.get("webhook", "")),
    )


def _of_callbacks(callbacks: Iterable[Callback]) -> Iterator[Entry]:
    for callback in callbacks:
        for attempt in callback.attempts:
            taken = "taken by" if attempt.delivered else "not taken by"
            yield Entry(
                at=attempt.at,
                title=f"{KIND[callback.kind]} {taken} {host(callback.url)}",
                detail=f"Try {attempt.number}: {attempt_words(attempt)}, after {span(attempt.duration_ms)}",
                tone="good" if attempt.delivered else "bad",
            )


def attempt_words(attempt: Attempt) -> str:
    """Say what a try was answered with."""
    if attempt.status_code is not None:
        return answer(attempt.status_code)
    return ATTEMPT_ERROR.get(attempt.error or "", attempt.error or "no answer")


def _of_record(message: Message) -> Iterator[Entry]:
    """Tell what a message's record knows by itself: less than the archive, and enough to go by."""
    yield Entry(at=message.accepted_at, title=EVENT[EventType.MESSAGE_ACCEPTED].name)
    link = message.link
    for place, at in enumerate(link.clicked_at if link else ()):
        yield _of_unjudged(at, first=place == 0)
