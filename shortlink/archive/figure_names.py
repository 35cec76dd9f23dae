"""Which figures an event counts in, by their names in the tables and in `Totals`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from shortlink.domain.event import Event, EventType

MICROS = 1_000_000  # of a unit of money: whole numbers add up to what was paid, fractions nearly
_FIGURE_OF = {
    EventType.MESSAGE_ACCEPTED: "accepted",
    EventType.MESSAGE_ATTEMPTED: "attempts",
    EventType.MESSAGE_SUBMITTED: "submitted",
    EventType.MESSAGE_DELIVERED: "delivered",
    EventType.MESSAGE_FAILED: "failed",
    EventType.MESSAGE_UNCONFIRMED: "unconfirmed",
    EventType.MESSAGE_RECEIVED: "received",
    EventType.LINK_CLICKED: "clicks",
    EventType.CALLBACK_ATTEMPTED: "callbacks",
    EventType.RECIPIENT_UNSUBSCRIBED: "unsubscribed",
    EventType.RECIPIENT_RESUBSCRIBED: "resubscribed",
}
_FIGURE_OF_VERDICT = {
    "preview": "previews",
    "prefetch": "prefetches",
    "scanner": "scanners",
    "head": "heads",
    "unknown": "unknowns",
}


def counts_of(event: Event) -> Counter[str]:
    """Say by how much each figure grows, whatever is known of the message; what an event does not name stays."""
    counts = Counter(_names(event))
    if event.type is EventType.MESSAGE_ACCEPTED:
        counts["segments"] += int(event.data.get("segments") or 0)
        counts["cost_micros"] += round(float(event.data.get("cost") or 0) * MICROS)
    return counts


def _to_webhook(event: Event) -> bool:
    """Whether it is the failure of a webhook, which has a log of its own and no part in callbacks' figures."""
    return event.data.get("kind") == "webhook"


def _names(event: Event) -> Iterator[str]:
    if event.type is EventType.LINK_PREVIEWED:
        yield _FIGURE_OF_VERDICT.get(str(event.data.get("verdict")), "unknowns")
    elif event.type in _FIGURE_OF and not _to_webhook(event):
        yield _FIGURE_OF[event.type]
    if event.type is EventType.LINK_CLICKED and event.data.get("first"):
        yield "clicked"
    if event.type is EventType.LINK_CLICKED and event.data.get("verdict") == "unknown":
        yield "plain_clicks"
    if event.type is EventType.CALLBACK_ATTEMPTED and event.data.get("status_code") != 200 and not _to_webhook(event):
        yield "callback_errors"
