"""Read messages: one, or an account's of a period."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.domain.callback import Callback
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import NotFound
from shortlink.domain.message import Message
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.day_lists import DayLists
from shortlink.storage.messages import MessageStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages, newest first; `cut` when there were more."""

    messages: tuple[Message, ...]
    cut: bool


def read_message(identifier: str, *, sid: str, messages: MessageStore) -> Message:
    """Read one message of an account. Raises NotFound, also when it is another account's."""
    message = messages.get(identifier)
    if message.account != sid:
        raise NotFound("no such message")
    return message


def read_callbacks(identifier: str, *, sid: str, messages: MessageStore, callbacks: CallbackStore) -> list[Callback]:
    """Read the callbacks of one message of an account. Raises NotFound."""
    return callbacks.list_of(read_message(identifier, sid=sid, messages=messages))


def list_messages(*, sid: str, first_day: int, last_day: int, cap: int, day_lists: DayLists) -> Page:
    """Read an account's newest messages of some UTC days (since 1970), both ends included, `cap` at most."""
    found: list[Message] = []
    for day in range(last_day, first_day - 1, -1):
        found += day_lists.newest(sid, day, most=cap + 1 - len(found))
        if len(found) > cap:
            break
    return Page(messages=tuple(found[:cap]), cut=len(found) > cap)


def day_of(at: int) -> int:
    """Say which UTC day since 1970 a time in ms falls on."""
    return at // DAY_MS
