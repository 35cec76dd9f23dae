"""Build the stores that several others are made with."""

from __future__ import annotations

from shortlink.config import Settings
from shortlink.domain.durations import DAY_MS
from shortlink.storage.connection import Store
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore

DOOR_TIMEOUT_SECONDS = 2.0  # a caller is told soon that the store hangs


def build_messages(settings: Settings, store: Store) -> MessageStore:
    """Build the message store with the installation's lifetimes."""
    return MessageStore(store, link_ms=settings.link_ttl_days * DAY_MS, record_ms=settings.record_days * DAY_MS)


def build_opt_outs(settings: Settings, store: Store) -> OptOutStore:
    """Build the store of opt-outs; what came in is kept as long as texts are."""
    days = settings.text_days or settings.record_days
    return OptOutStore(store, key=settings.key, record_ms=days * DAY_MS)
