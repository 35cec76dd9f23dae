"""Make one POST to a webhook: write it, sign it, send it, keep what came of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shortlink.archive.webhook_attempts import Claimed, Outcome
from shortlink.archive.webhook_deliveries import WebhookDeliveries
from shortlink.callbacks import CallbackSender
from shortlink.callbacks.payload import JSON_TYPE, encode_body
from shortlink.dialects.event_object import envelope, event_object, flat_event
from shortlink.domain.callback import Attempt, wait_before_try
from shortlink.domain.errors import NotFound, WebhookUnreadable
from shortlink.domain.lease import safe_ms
from shortlink.domain.webhook import (
    LATENESS_MS,
    TEST_TYPE,
    DeliveryState,
    PauseReason,
    Webhook,
    arrived,
    paused,
    signing_secrets,
)
from shortlink.storage.webhooks import WebhookStore
from shortlink.use_cases.machine_clock import now_ms

TEST_DATA = {"text": "This is a test: nothing has happened."}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostDesk:
    """What making a POST needs."""

    webhooks: WebhookStore
    deliveries: WebhookDeliveries
    sender: CallbackSender
    schedule: Sequence[float]  # waits in seconds before each try
    lease_ms: int
    key: bytes
    now: Callable[[], int] = now_ms


def make_post(claimed: Claimed, webhook: Webhook, desk: PostDesk, *, claimed_at: int) -> Attempt | None:
    """POST a claimed delivery once and keep what came of it; None when it was not sent.

    Nothing is sent when half the lease is gone since `claimed_at`: another process may be about to take over. A try
    that is cut off by a kill has been counted; the delivery comes back when its lease ends, with the same id.
    """
    if desk.now() - claimed_at > safe_ms(desk.lease_ms):
        return None
    if not claimed.events and not claimed.is_test:
        gone = Outcome(at=desk.now(), duration_ms=0, state=DeliveryState.DROPPED, error="erased")
        desk.deliveries.finish(claimed, gone, account=webhook.account)
        return None
    body, content_type = write_body(claimed, webhook, at=claimed_at)
    now = desk.now()
    attempt = desk.sender.send(
        webhook.url,
        event_id=claimed.id,
        body=body,
        content_type=content_type,
        secrets=signing_secrets(webhook, now, desk.key),
        now_ms=now,
    )
    _keep(claimed, webhook, attempt, desk)
    return attempt


def write_body(claimed: Claimed, webhook: Webhook, *, at: int) -> tuple[str, str]:
    """Write the body of a delivery and name its content type: an object, an array for a batch, or a flat form."""
    if claimed.is_test:
        objects = [envelope(claimed.id, TEST_TYPE, at, {"webhook": webhook.id, **TEST_DATA})]
    else:
        objects = [event_object(event) for event in claimed.events]
    if webhook.batch is not None and webhook.body_format == "json":
        return encode_array(objects)
    if webhook.body_format == "form":
        return encode_body(flat_event(objects[0]), "form")
    return encode_body(objects[0], "json")


def encode_array(objects: Sequence[dict[str, Any]]) -> tuple[str, str]:
    """Write several events as one JSON array."""
    return f"[{', '.join(encode_body(one, 'json')[0] for one in objects)}]", JSON_TYPE


def _keep(claimed: Claimed, webhook: Webhook, attempt: Attempt, desk: PostDesk) -> None:
    """Keep an attempt; a webhook that is gone or has failed for days is paused first, or a kill could forget that."""
    now = desk.now()
    if attempt.status_code == 410:
        _pause(webhook, PauseReason.GONE, desk)
    elif not arrived(attempt):
        since = desk.deliveries.failing_since(webhook.id)
        if since is not None and now - max(since, webhook.resumed_at) > LATENESS_MS:
            _pause(webhook, PauseReason.FAILING, desk)
    outcome = Outcome(
        at=attempt.at,
        duration_ms=attempt.duration_ms,
        state=_state_after(claimed, attempt, desk),
        due_at=now + _wait(claimed, attempt, desk),
        status_code=attempt.status_code,
        error=attempt.error,
    )
    desk.deliveries.finish(claimed, outcome, account=webhook.account)


def _pause(webhook: Webhook, reason: PauseReason, desk: PostDesk) -> None:
    """Pause a webhook, unless it got another address or was resumed while we called it: that was asked for later."""

    def changed(one: Webhook) -> Webhook:
        is_same = (one.url, one.resumed_at) == (webhook.url, webhook.resumed_at)
        return paused(one, reason, desk.now()) if is_same else one

    with suppress(NotFound, WebhookUnreadable):  # it was deleted, or damaged, while we called it
        desk.webhooks.change(webhook.account, webhook.id, changed)


def _state_after(claimed: Claimed, attempt: Attempt, desk: PostDesk) -> DeliveryState:
    if arrived(attempt):
        return DeliveryState.DELIVERED
    last = claimed.is_test or claimed.counted >= len(desk.schedule)
    return DeliveryState.EXHAUSTED if last else DeliveryState.PENDING


def _wait(claimed: Claimed, attempt: Attempt, desk: PostDesk) -> int:
    jitter = random.random()  # noqa: S311, spreads load, hides nothing
    return wait_before_try(claimed.counted, schedule=desk.schedule, last=attempt, jitter=jitter)
