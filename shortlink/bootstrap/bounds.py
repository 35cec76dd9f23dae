"""Work out what an audit may expect of an installation."""

from __future__ import annotations

from shortlink.config import Settings
from shortlink.domain.durations import DAY_MS
from shortlink.domain.invariants import Bounds
from shortlink.domain.retry_after import LONGEST_SECONDS
from shortlink.use_cases.send_desk import SPREAD

_DETOUR_SECONDS = 600  # a pause, a closed gate or a queue, before the next wait is planned


def build_bounds(settings: Settings) -> Bounds:
    """Work out how far ahead anything can be due: its longest wait, a lease, and an offer that got lost.

    A carrier may ask for a day's patience (Retry-After), a customer for twice the wait.
    """
    waits = (*settings.send_backoff, *settings.reconcile_schedule, *settings.receipt_schedule)
    work = settings.lease_seconds + settings.offer_seconds + _DETOUR_SECONDS
    return Bounds(
        message_ms=int((max(LONGEST_SECONDS, max(waits) * (1 + SPREAD)) + work) * 1000),
        callback_ms=int((max(settings.callback_schedule) * 2 + work) * 1000),
        record_ms=settings.record_days * DAY_MS,
    )
