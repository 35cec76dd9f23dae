"""The dashboard at `/dashboard/`: pages for people, made on the server.

Its routes read the request, ask a use case and hand what it found to a template; words and shapes are in
`words`, `presentation` and `chart`. It knows nobody by Basic credentials: a page belongs to a session.
"""

from __future__ import annotations

from shortlink.web.dashboard import (
    downloads,
    keys,
    links,
    live,
    logs,
    messages,
    overview,
    problems,
    replies,
    settings,
    sign_in,
    tags,
    webhook_actions,
    webhooks,
)
from shortlink.web.dashboard.door import dashboard

__all__ = [
    "dashboard",
    "downloads",
    "keys",
    "links",
    "live",
    "logs",
    "messages",
    "overview",
    "problems",
    "replies",
    "settings",
    "sign_in",
    "tags",
    "webhook_actions",
    "webhooks",
]
