"""Offer what is due to the workers."""

from __future__ import annotations

from shortlink.domain.due import Due
from shortlink.outbox import Outbox
from shortlink.storage.ledger import Ledger

MOST_AT_ONCE = 800
BACKLOG = 20  # jobs: beyond this the workers are behind, and the rest waits in the ledger
BUSY_WAIT_MS = 50


def offer_due(due: Due, *, ledger: Ledger, outbox: Outbox, again_ms: int) -> int | None:
    """Queue what is due of one kind and say in how many ms to come back; None when nothing is planned.

    Items offered but never taken come back after `again_ms`: a lost queue costs that much time. Raises
    StoreUnavailable.
    """
    if outbox.backlog(due) >= BACKLOG:
        return BUSY_WAIT_MS
    offer = ledger.offer(due, again_ms=again_ms, most=MOST_AT_ONCE)
    outbox.offer(due, offer.members)
    return offer.next_ms
