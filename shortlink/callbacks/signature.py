"""The proof of origin that every callback carries: Standard Webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook


def sign(secrets: Sequence[str], event_id: str, at: int, body: str) -> dict[str, str]:
    """Make the three headers of Standard Webhooks for a body that is sent as UTF-8.

    `at` is the time of this attempt in UTC milliseconds. There is one signature per secret, so that a receiver
    may hold the old or the new one while a rotation lasts.
    Raises ValueError without secrets: a callback that nobody can check is never sent.
    """
    if not secrets:
        raise ValueError("a callback needs at least one secret to be signed with")
    seconds = at // 1000
    # The library signs the time as if it stood in UTC, whatever its zone; any other zone would be off by hours.
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, moment, body) for secret in secrets),
    }
