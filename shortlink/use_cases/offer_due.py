"""Offer what is due to the workers."""

from __future__ import annotations

from shortlink.outbox import Outbox
from shortlink.use_cases.lane import Lane
from shortlink.use_cases.queue_ahead import batches

BUSY_WAIT_MS = 25  # until the workers have taken some of what is queued


def offer_due(lane: Lane, *, outbox: Outbox) -> int | None:
    """Queue what is due of one kind and say in how many ms to come back; None when nothing is planned.

    Items offered but never taken come back by themselves: a lost queue costs that much time. Raises StoreUnavailable.
    """
    room = lane.room(outbox.backlog(lane.due))
    if room == 0:
        return BUSY_WAIT_MS
    offer = lane.take(room)
    jobs = batches(offer.members, lane.ahead.batch)
    outbox.offer(lane.due, jobs)
    lane.ahead.note([len(job) for job in jobs], wanted_more=offer.next_ms == 0)
    return BUSY_WAIT_MS if offer.next_ms == 0 else offer.next_ms
