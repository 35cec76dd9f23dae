"""One message as an audit sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shortlink.domain.callback import Callback, CallbackKind
from shortlink.domain.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """All that the store holds of one message at one instant. Times are UTC milliseconds."""

    code: str
    now: int
    life_ms: int  # what is left of the record; -1 when it would never end
    message: Message | None  # None when a due entry has no record, or an unreadable one
    unreadable: str | None = None  # why the record cannot be read
    callbacks: tuple[Callback, ...] = ()
    tries_not_owed: tuple[CallbackKind, ...] = ()  # tries are counted of a callback that is not there
    token: int | None = None
    lease: int | None = None
    planned: int | None = None  # nobody may claim the message before
    looks: int = 0  # made at the carrier since the status changed
    erased: bool = False
    due_at: int | None = None
    callbacks_due: Mapping[CallbackKind, int] = field(default_factory=dict)
    callbacks_held: Mapping[CallbackKind, int] = field(default_factory=dict)  # by a lease, until when
    callbacks_planned: Mapping[CallbackKind, int] = field(default_factory=dict)
    answered_well: Mapping[CallbackKind, int] = field(default_factory=dict)  # the last try that got a 200
