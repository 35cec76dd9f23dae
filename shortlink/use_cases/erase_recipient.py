"""Erase a person: remove one number from everything that is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shortlink.domain.opt_out import spellings
from shortlink.storage.erasures import Erasure, ErasureStore
from shortlink.storage.inspection import Inspector
from shortlink.storage.opt_outs import OptOutStore

PAGE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureReport:
    """What was removed: `erased` messages lost number, text and callbacks; `cancelled` of them will not be sent.

    `received` messages that came from the number lost it and their text. `unreadable` records may still hold it.
    """

    looked_at: int
    erased: int
    cancelled: int
    received: int = 0
    unreadable: int = 0


def erase_recipient(
    recipient: str,
    *,
    inspector: Inspector,
    erasures: ErasureStore,
    opt_outs: OptOutStore,
    progress: Callable[[int], None] = lambda _: None,
) -> ErasureReport:
    """Remove a number (E.164) from every message, however it is written; a second call finds nothing left.

    The event log and the queues hold no numbers. That the number has opted out stays known, by a digest of it: it must
    not be written to again because it was erased. Messages accepted while it runs may be missed: stop sending
    to the number first.
    """
    looked_at = erased = cancelled = unreadable = 0
    numbers = spellings(recipient)
    for page in inspector.pages(PAGE):
        for snapshot in inspector.look_at(page):
            looked_at += 1
            unreadable += snapshot.unreadable is not None
            message = snapshot.message
            if message is None or message.recipient not in numbers:
                continue
            outcome = erasures.erase(message, person=True)
            erased += outcome is not Erasure.KEPT
            cancelled += outcome is Erasure.CANCELLED
        progress(looked_at)
    received = sum(map(opt_outs.erase, numbers))
    return ErasureReport(
        looked_at=looked_at, erased=erased, cancelled=cancelled, received=received, unreadable=unreadable
    )
