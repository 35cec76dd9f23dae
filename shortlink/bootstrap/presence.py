"""Build what tells who is there."""

from __future__ import annotations

from shortlink.config import Settings
from shortlink.storage.connection import connect
from shortlink.storage.presence import PresenceStore

SOON_SECONDS = 2.0  # a sign of life that a store keeps waiting is told as trouble


def build_presence(settings: Settings) -> PresenceStore:
    """Build where each process tells that it is there, and asks whether the store takes writes."""
    return PresenceStore(connect(settings.redis_url, timeout_seconds=SOON_SECONDS))
