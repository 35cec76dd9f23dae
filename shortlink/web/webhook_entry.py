"""How a webhook and its tries are written."""

from __future__ import annotations

from typing import Any

from shortlink.dialects.event_object import timestamp
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.webhook import Webhook
from shortlink.use_cases.manage_webhooks import DeliveryAttempt, WebhookDesk

_STATES = {"p": "pending", "d": "delivered", "x": "exhausted", "g": "dropped"}


def webhook_entry(webhook: Webhook, desk: WebhookDesk) -> dict[str, Any]:
    """Write a webhook, and how it is doing."""
    batch = webhook.batch
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "format": webhook.body_format,
        "tag": webhook.tag,
        "description": webhook.description,
        "batch": {"most": batch.most, "seconds": batch.seconds} if batch else None,
        "rate": webhook.rate,
        "created_at": timestamp(webhook.created_at),
        "state": "paused" if webhook.paused else "active",
        "paused_because": webhook.paused,
        "paused_at": _time(webhook.paused_at),
        **_health(webhook, desk),
    }


def _health(webhook: Webhook, desk: WebhookDesk) -> dict[str, Any]:
    """Say how it is doing, as far as the archive can be asked: without it, it can still be changed and paused."""
    try:
        health = desk.health(webhook)
    except ArchiveUnavailable:
        return {"owed": None, "failing_since": None, "last_arrived_at": None}
    return {
        "owed": health.owed,
        "failing_since": _time(health.failing_since),
        "last_arrived_at": _time(health.arrived_at),
    }


def _time(at: int | None) -> str | None:
    return timestamp(at) if at is not None else None


def attempt_entry(attempt: DeliveryAttempt) -> dict[str, Any]:
    """Write one try."""
    return {
        "cursor": attempt.n,
        "at": timestamp(attempt.at),
        "id": attempt.id,
        "types": list(attempt.types),
        "events": attempt.events,
        "try": attempt.number,
        "status_code": attempt.status_code,
        "error": attempt.error,
        "duration_ms": attempt.duration_ms,
        "state": _STATES[attempt.state],
    }
