"""Read messages: one, or an account's of a period."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.domain.callback import Callback
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import NotFound, RecordUnreadable
from shortlink.domain.message import Message
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.day_lists import DayLists
from shortlink.storage.messages import MessageStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages, newest first; `cut` when there were more. So many `unreadable` ones are left out."""

    messages: tuple[Message, ...]
    cut: bool
    unreadable: int = 0


def read_message(identifier: str, *, sid: str, messages: MessageStore) -> Message:
    """Read one message of an account. Raises NotFound, also when it is another account's.

    Raises RecordUnreadable, also where nobody can tell whose it is: its owner must not take it for never accepted, and
    others would have to guess its id.
    """
    try:
        message = messages.get(identifier)
    except RecordUnreadable as error:
        if error.account not in (sid, ""):
            raise NotFound("no such message") from error
        raise
    if message.account != sid:
        raise NotFound("no such message")
    return message


def read_callbacks(identifier: str, *, sid: str, messages: MessageStore, callbacks: CallbackStore) -> list[Callback]:
    """Read the callbacks of one message of an account. Raises NotFound and RecordUnreadable."""
    return callbacks.list_of(read_message(identifier, sid=sid, messages=messages))


def list_messages(*, sid: str, first_day: int, last_day: int, cap: int, day_lists: DayLists) -> Page:
    """Read an account's newest messages of some UTC days (since 1970), both ends included, `cap` at most."""
    found: list[Message | RecordUnreadable] = []
    for day in range(last_day, first_day - 1, -1):
        found += day_lists.newest(sid, day, most=cap + 1 - len(found))
        if len(found) > cap:
            break
    messages = tuple(one for one in found[:cap] if isinstance(one, Message))
    return Page(messages=messages, cut=len(found) > cap, unreadable=len(found[:cap]) - len(messages))


def day_of(at: int) -> int:
    """Say which UTC day since 1970 a time in ms falls on."""
    return at // DAY_MS
