"""The tables of what webhooks are told; a step of the archive's schema."""

from __future__ import annotations

from typing import Final

# `after` is the place in the archive's order up to which everything a webhook wants has become a delivery.
# A delivery is one POST that is owed: `places` names its events, one or a batch. `tries` counts those begun, so it
# tells the newest claim too. `state` is a letter of DeliveryState. Times are in UTC ms.
WEBHOOK_TABLES: Final = """
CREATE TABLE webhook_positions (
    webhook TEXT PRIMARY KEY, after INTEGER NOT NULL, failing_since INTEGER, arrived_at INTEGER) WITHOUT ROWID;
CREATE TABLE webhook_deliveries (
    n INTEGER PRIMARY KEY AUTOINCREMENT, webhook TEXT NOT NULL, id TEXT NOT NULL, places TEXT NOT NULL,
    state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, due_at INTEGER NOT NULL, made_at INTEGER NOT NULL,
    UNIQUE (webhook, id));
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, due_at) WHERE state = 'p';
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (made_at);
CREATE TABLE webhook_attempts (
    n INTEGER PRIMARY KEY AUTOINCREMENT, webhook TEXT NOT NULL, id TEXT NOT NULL, types TEXT NOT NULL,
    events INTEGER NOT NULL, try INTEGER NOT NULL, at INTEGER NOT NULL, duration_ms INTEGER NOT NULL,
    status_code INTEGER, error TEXT, state TEXT NOT NULL);
CREATE INDEX webhook_attempts_by_webhook ON webhook_attempts (webhook, n);
CREATE INDEX webhook_attempts_by_age ON webhook_attempts (at);
"""

# Until when the process that tells webhooks leaves one alone because its receiver keeps failing.
HOLDS: Final = "ALTER TABLE webhook_positions ADD COLUMN held_until INTEGER;"

# How many of a delivery's tries were made early because the webhook was resumed: they count for none.
SPARED_TRIES: Final = "ALTER TABLE webhook_deliveries ADD COLUMN spared INTEGER NOT NULL DEFAULT 0;"

# Webhooks that are owed something, or have a place, and that the store did not name: since when (UTC ms).
MISSING_WEBHOOKS: Final = """
CREATE TABLE webhooks_missing (webhook TEXT PRIMARY KEY, since INTEGER NOT NULL) WITHOUT ROWID;
"""
