"""What the store has of one message, as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shortlink.domain.callback import Callback
from shortlink.domain.errors import NotFound, RecordUnreadable
from shortlink.domain.message import Message
from shortlink.use_cases.read_messages import read_callbacks, read_message
from shortlink.web.context import account, services


class Recorded(NamedTuple):
    """A message and its callbacks, or why they cannot be read; neither when the record is gone, or another's."""

    message: Message | None = None
    callbacks: Sequence[Callback] = ()
    damage: RecordUnreadable | None = None


def read_recorded(msgid: str) -> Recorded:
    """Read one message of the account that is logged in."""
    known, sid = services(), account().sid
    try:
        message = read_message(msgid, sid=sid, messages=known.messages)
        callbacks = read_callbacks(msgid, sid=sid, messages=known.messages, callbacks=known.callbacks)
    except NotFound:
        return Recorded()
    except RecordUnreadable as error:
        return Recorded(damage=error)
    return Recorded(message, callbacks)
