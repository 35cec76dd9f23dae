"""Redeliver callbacks that have ended: one, or all of a range of days."""

from __future__ import annotations

from collections.abc import Callable, Collection

from shortlink.domain.callback import CallbackKind, CallbackState
from shortlink.domain.errors import NotFound
from shortlink.storage.callbacks import CallbackStore, Redelivery
from shortlink.storage.day_lists import DayLists
from shortlink.storage.messages import MessageStore
from shortlink.use_cases.read_messages import read_message

__all__ = ["ENDED", "UNDELIVERED", "Redelivery", "redeliver_callback", "redeliver_days", "redeliver_message"]

UNDELIVERED = (CallbackState.EXHAUSTED, CallbackState.STOPPED)
ENDED = (*UNDELIVERED, CallbackState.DELIVERED)


def redeliver_callback(
    identifier: str, callback_id: str, *, sid: str, messages: MessageStore, callbacks: CallbackStore
) -> Redelivery:
    """Begin another round of tries for one callback, delivered or not, with the same event id and fields.

    Raises NotFound for another account's message and for a callback that never fell due.
    """
    message = read_message(identifier, sid=sid, messages=messages)
    for callback in callbacks.list_of(message):
        if callback.id == callback_id:
            return callbacks.redeliver(message.code, callback.kind, reopening=list(CallbackState))
    raise NotFound("no such callback")


def redeliver_message(
    identifier: str,
    *,
    messages: MessageStore,
    callbacks: CallbackStore,
    reopening: Collection[CallbackState] = UNDELIVERED,
) -> dict[CallbackKind, Redelivery]:
    """Begin another round for the callbacks of one message of any account, and say of each what it led to.

    One that has not ended is tried sooner. For operators. Raises NotFound; callbacks that never fell due are left out.
    """
    message = messages.get(identifier)
    taken_up = (*reopening, CallbackState.PENDING)
    return {
        callback.kind: callbacks.redeliver(message.code, callback.kind, reopening=taken_up)
        for callback in callbacks.list_of(message)
    }


def redeliver_days(
    *,
    sid: str,
    first_day: int,
    last_day: int,
    day_lists: DayLists,
    callbacks: CallbackStore,
    reopening: Collection[CallbackState] = UNDELIVERED,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Begin another round for an account's callbacks of messages sent on some UTC days (since 1970); count them.

    Those that have not ended keep their schedule: who asks again and again would use up their tries.
    `progress` is told the number of messages looked at so far.
    """
    reopened = looked_at = 0
    for day in range(first_day, last_day + 1):
        for message in day_lists.walk(sid, day):
            for kind in CallbackKind:
                answer = callbacks.redeliver(message.code, kind, reopening=reopening)
                reopened += answer is Redelivery.REOPENED
            looked_at += 1
            progress(looked_at)
    return reopened
