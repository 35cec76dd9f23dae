"""The invariants of the ledger, checked on one message at a time; docs/reliability.md says what each is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shortlink.domain.callback import MAX_TRIES, CallbackKind, CallbackState
from shortlink.domain.durations import DAY_MS
from shortlink.domain.message import Message, MessageStatus
from shortlink.domain.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What an installation's settings allow, in ms: how far ahead things may be due, and how long a record lives."""

    message_ms: int
    callback_ms: int
    record_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One breach: which invariant, of what, and what was seen. Shows codes, never numbers or texts."""

    invariant: str
    subject: str
    seen: str


_MUST_BE_DUE = frozenset({MessageStatus.ACCEPTED, MessageStatus.SUBMITTING, MessageStatus.UNKNOWN})
_POLLED = frozenset({MessageStatus.QUEUED, MessageStatus.SENT})  # due until the last look was made
_MAY_BE_DUE = _MUST_BE_DUE | _POLLED
_CLAIMED_ONCE = (_MAY_BE_DUE | {MessageStatus.UNCONFIRMED}) - {MessageStatus.ACCEPTED}


def check(snapshot: Snapshot, bounds: Bounds | None = None) -> list[Finding]:
    """Check every invariant that one message alone can break; without bounds, any due time is near enough."""
    if snapshot.unreadable is not None:
        return [Finding(invariant="I18", subject=snapshot.code, seen=f"it cannot be read: {snapshot.unreadable}")]
    if snapshot.message is None:
        return [Finding(invariant="I16", subject=snapshot.code, seen="a due entry without a message")]
    found = [(name, seen) for name, rule in _RULES for seen in rule(snapshot, snapshot.message)]
    if bounds is not None:
        found += [("I2", seen) for seen in _due_within(snapshot, bounds)]
    return [Finding(invariant=name, subject=snapshot.code, seen=seen) for name, seen in found]


def _due_while_open(snapshot: Snapshot, message: Message) -> Iterator[str]:
    due = snapshot.due_at is not None
    if message.status in _MUST_BE_DUE and not due:
        yield f"status {message.status.name} but not due: it would never be attended to"
    if message.status in _POLLED and not due and not snapshot.looks:
        yield f"status {message.status.name} but not due: nobody would ever ask what became of it"
    if message.status not in _MAY_BE_DUE and due:
        yield f"status {message.status.name} but still due"


def _callback_due_while_pending(snapshot: Snapshot, _: Message) -> Iterator[str]:
    for callback in snapshot.callbacks:
        due = callback.kind in snapshot.callbacks_due
        if due != (callback.state is CallbackState.PENDING):
            yield f"{callback.kind.name} callback is {callback.state.name} but {'still' if due else 'not'} due"
    known = {callback.kind for callback in snapshot.callbacks}
    for kind in set(snapshot.callbacks_due) - known:
        yield f"{kind.name} callback is due but not owed"


def _due_within(snapshot: Snapshot, bounds: Bounds) -> Iterator[str]:
    """Name what is due later than any wait: it is as good as not due."""
    times = [("it", snapshot.due_at, bounds.message_ms)]
    times += [(f"{kind.name} callback", at, bounds.callback_ms) for kind, at in snapshot.callbacks_due.items()]
    for what, at, most in times:
        if at is not None and at > snapshot.now + most:
            yield f"{what} is due in {(at - snapshot.now) / DAY_MS:,.0f} days, later than any wait of the settings"


def _intent_before_call(snapshot: Snapshot, message: Message) -> Iterator[str]:
    if message.status in _CLAIMED_ONCE and not snapshot.token:
        yield f"status {message.status.name} without a claim"
    if message.status is MessageStatus.SUBMITTING and snapshot.lease is None:
        yield "submitting without a lease"


def _carrier_id_once_submitted(_: Snapshot, message: Message) -> Iterator[str]:
    if message.status.is_submitted and not message.carrier_id:
        yield f"status {message.status.name} without the carrier's id"


def _first_click_owes_a_callback(snapshot: Snapshot, message: Message) -> Iterator[str]:
    clicked = message.link is not None and message.link.first_click_at is not None
    owed = any(callback.kind is CallbackKind.CLICK for callback in snapshot.callbacks)
    if clicked and message.click_url and not owed:
        yield "a first click without its callback"
    if owed and not clicked:
        yield "a click callback without a click"
    link = message.link
    if link is not None and link.clicked_at and link.first_click_at not in link.clicked_at:
        yield "the first click is not among the clicks"


def _final_status_owes_a_report(snapshot: Snapshot, message: Message) -> Iterator[str]:
    owed = any(callback.kind is CallbackKind.REPORT for callback in snapshot.callbacks)
    if message.report_url and owed != message.status.is_final:
        yield f"status {message.status.name}, report {'owed' if owed else 'not owed'}"


def _at_most_ten_tries(snapshot: Snapshot, _: Message) -> Iterator[str]:
    for callback in snapshot.callbacks:
        if callback.tries_this_round > MAX_TRIES:
            yield f"{callback.kind.name} callback tried {callback.tries_this_round} times"


def _tries_are_of_a_callback(snapshot: Snapshot, _: Message) -> Iterator[str]:
    for kind in snapshot.tries_not_owed:
        yield f"tries of a {kind.name} callback are counted, but it has no state"


def _nothing_after_two_hundred(snapshot: Snapshot, _: Message) -> Iterator[str]:
    for callback in snapshot.callbacks:
        ends = [attempt.at + attempt.duration_ms for attempt in callback.attempts if attempt.delivered]
        late = [attempt for attempt in callback.attempts if ends and attempt.at > min(ends)]
        if late and not callback.tries_before:
            yield f"{callback.kind.name} callback tried {len(late)} times after a 200"
        well = snapshot.answered_well.get(callback.kind, 0)
        if callback.state is CallbackState.PENDING and well > callback.tries_before:
            yield f"{callback.kind.name} callback is PENDING although try {well} got a 200"


def _lease_is_the_due_time(snapshot: Snapshot, _: Message) -> Iterator[str]:
    lease = snapshot.lease
    if lease is not None and lease > snapshot.now and snapshot.due_at not in (None, lease):
        yield "leased until one time, due at another"


def _callback_lease_is_the_due_time(snapshot: Snapshot, _: Message) -> Iterator[str]:
    for kind, lease in snapshot.callbacks_held.items():
        if lease > snapshot.now and snapshot.callbacks_due.get(kind) not in (None, lease):
            yield f"{kind.name} callback is leased until one time, due at another"


def _due_when_planned(snapshot: Snapshot, _: Message) -> Iterator[str]:
    """Name what is due before the time it was put off to; a time that has passed holds nobody."""
    times = [("it", snapshot.due_at, snapshot.planned)]
    times += [
        (f"{kind.name} callback", snapshot.callbacks_due.get(kind), planned)
        for kind, planned in snapshot.callbacks_planned.items()
    ]
    for what, due, planned in times:
        if due is not None and planned is not None and due < planned > snapshot.now:
            yield f"{what} is due before the time planned for it"


def _can_be_sent(snapshot: Snapshot, message: Message) -> Iterator[str]:
    """Name a record without its number, which erasing alone removes: it ends a message that was not sent yet."""
    if not message.recipient and (message.status.awaits_carrier or not snapshot.erased):
        yield f"status {message.status.name} without a number, and nobody erased it"


def _ends_some_day(snapshot: Snapshot, _: Message) -> Iterator[str]:
    if snapshot.life_ms < 0:
        yield "a record without an end of life"


_RULES: list[tuple[str, Callable[[Snapshot, Message], Iterator[str]]]] = [
    ("I2", _due_while_open),
    ("I2", _callback_due_while_pending),
    ("I3", _carrier_id_once_submitted),
    ("I4", _intent_before_call),
    ("I6", _first_click_owes_a_callback),
    ("I6", _final_status_owes_a_report),
    ("I8", _at_most_ten_tries),
    ("I8", _tries_are_of_a_callback),
    ("I9", _nothing_after_two_hundred),
    ("I10", _lease_is_the_due_time),
    ("I10", _callback_lease_is_the_due_time),
    ("I10", _due_when_planned),
    ("I18", _can_be_sent),
    ("I16", _ends_some_day),
]
