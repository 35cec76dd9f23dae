"""What the pages of webhooks show: the list, one webhook with its log, and by what mark news are told."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.event import EventType
from shortlink.domain.webhook import TOLD_OF, Webhook
from shortlink.use_cases.manage_webhooks import WebhookDesk, WebhookHealth
from shortlink.web.context import account, services
from shortlink.web.dashboard.webhook_form import fields_of, new_fields
from shortlink.web.query import whole_number

PAGE = 50
_DONE = {
    "test": "A test is on its way; what came of it appears in the log within seconds.",
    "replay": "The events of these days are being told again.",
    "change": "Saved.",
}
_USUAL = (EventType.MESSAGE_DELIVERED, EventType.MESSAGE_FAILED, EventType.LINK_CLICKED)


def list_page(*, faults: dict[str, list[str]] | None = None, given: dict[str, Any] | None = None) -> str:
    """Write the page of all webhooks, with the form for a new one as it was filled in."""
    webhooks = _all_with_health()
    return render_template(
        "dashboard/webhooks.html",
        webhooks=webhooks,
        mark=_fingerprint(webhooks),
        faults=faults or {},
        given=given or new_fields(_USUAL),
        types=TOLD_OF,
    )


def webhook_page(
    webhook: Webhook,
    *,
    secret: str = "",
    faults: dict[str, list[str]] | None = None,
    given: dict[str, Any] | None = None,
) -> str:
    """Write a webhook's page; `secret` is shown this once, `given` is what its form was filled in with."""
    before = request.args.get("before", "")
    health = _health(webhook)
    attempts = webhook_desk().attempts(webhook.account, webhook.id, before=whole_number(before), limit=PAGE + 1)
    return render_template(
        "dashboard/webhook.html",
        webhook=webhook,
        secret=secret,
        faults=faults or {},
        done=_DONE.get(request.args.get("done", ""), ""),
        given=given or fields_of(webhook),
        dates=request.form,
        types=TOLD_OF,
        health=health,
        attempts=attempts[:PAGE],
        further=attempts[PAGE - 1].n if len(attempts) > PAGE else None,
        is_first=not before and request.method == "GET",
        mark=_mark(webhook, health),
    )


def back_to_webhook(webhook_id: str, *, done: str) -> BaseResponse:
    """Lead to a webhook's page, which says what was done."""
    return redirect(url_for("dashboard.show_webhook", webhook_id=webhook_id, done=done), 303)


def list_mark() -> str:
    """Name what the page of all webhooks shows: a page that shows the same has the same mark."""
    return _fingerprint(_all_with_health())


def webhook_mark(webhook: Webhook) -> str:
    """Name what a webhook's page shows, likewise."""
    return _mark(webhook, _health(webhook))


def webhook_desk() -> WebhookDesk:
    """Return what is asked about webhooks."""
    return services().webhook_desk


def _mark(webhook: Webhook, health: WebhookHealth | None) -> str:
    return _fingerprint((webhook_desk().newest_attempt(webhook), webhook, health))


def _fingerprint(shown: object) -> str:
    return sha256(repr(shown).encode()).hexdigest()[:16]


def _all_with_health() -> list[tuple[Webhook, WebhookHealth | None]]:
    return [(webhook, _health(webhook)) for webhook in webhook_desk().list(account().sid)]


def _health(webhook: Webhook) -> WebhookHealth | None:
    """Say how a webhook is doing; None while the archive cannot be asked."""
    try:
        return webhook_desk().health(webhook)
    except ArchiveUnavailable:
        return None
