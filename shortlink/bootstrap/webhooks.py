"""Build what tells webhooks of events."""

from __future__ import annotations

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.webhook_deliveries import WebhookDeliveries
from shortlink.archive.webhook_holds import WebhookHolds
from shortlink.bootstrap.callbacks import build_gate, build_sender
from shortlink.config import Settings
from shortlink.domain.errors import SettingsError
from shortlink.storage.connection import connect
from shortlink.storage.webhooks import WebhookStore
from shortlink.use_cases.tell_webhooks import TellDesk
from shortlink.use_cases.webhook_pace import Pace
from shortlink.use_cases.webhook_posts import PostDesk


def build_teller(settings: Settings) -> tuple[TellDesk, PostDesk]:
    """Build what telling webhooks of events needs: to owe and claim, and to post. Raises SettingsError."""
    if settings.archive_dir is None:
        raise SettingsError("SHORTLINK_ARCHIVE_DIR is not set; webhooks are told from the archive in that folder")
    archive, lease_ms = Archive(settings.archive_dir), int(settings.lease_seconds * 1000)
    webhooks, deliveries = WebhookStore(connect(settings.redis_url)), WebhookDeliveries(archive)
    tell = TellDesk(
        webhooks=webhooks,
        events=EventLog(archive),
        deliveries=deliveries,
        holds=WebhookHolds(archive),
        gate=build_gate(settings),
        pace=Pace(),
        lease_ms=lease_ms,
        most_tries=len(settings.webhook_schedule),
    )
    post = PostDesk(
        webhooks=webhooks,
        deliveries=deliveries,
        sender=build_sender(settings, user_agent="Shortlink-Webhook/1.0"),
        schedule=settings.webhook_schedule,
        lease_ms=lease_ms,
        key=settings.key,
    )
    return tell, post
