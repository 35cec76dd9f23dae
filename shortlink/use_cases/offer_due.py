"""Offer what is due to the workers."""

from __future__ import annotations

from shortlink.domain.due import Due
from shortlink.outbox import Outbox
from shortlink.storage.ledger import Ledger
from shortlink.use_cases.queue_ahead import QueueAhead, batches

BUSY_WAIT_MS = 25  # until the workers have taken some of what is queued


def offer_due(due: Due, *, ledger: Ledger, outbox: Outbox, ahead: QueueAhead, again_ms: int) -> int | None:
    """Queue what is due of one kind and say in how many ms to come back; None when nothing is planned.

    Items offered but never taken come back after `again_ms`: a lost queue costs that much time. Raises
    StoreUnavailable.
    """
    room = ahead.room(outbox.backlog(due))
    if room == 0:
        return BUSY_WAIT_MS
    offer = ledger.offer(due, again_ms=again_ms, most=room)
    jobs = batches(offer.members, ahead.batch)
    outbox.offer(due, jobs)
    ahead.note([len(job) for job in jobs], wanted_more=offer.next_ms == 0)
    return BUSY_WAIT_MS if offer.next_ms == 0 else offer.next_ms
