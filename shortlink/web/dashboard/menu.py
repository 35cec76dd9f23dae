"""The menu of the dashboard: its sections, and which views belong to each."""

from __future__ import annotations

from typing import NamedTuple


class Section(NamedTuple):
    """A page of the dashboard in its menu; `views` are the views that belong to it."""

    endpoint: str
    title: str
    views: frozenset[str]


SECTIONS = (
    Section("dashboard.show_overview", "Overview", frozenset({"show_overview"})),
    Section("dashboard.show_messages", "Messages", frozenset({"show_messages", "search_messages", "show_message"})),
    Section("dashboard.show_replies", "Replies", frozenset({"show_replies"})),
    Section("dashboard.show_links", "Links", frozenset({"show_links"})),
    Section("dashboard.show_tags", "Tags", frozenset({"show_tags"})),
    Section("dashboard.show_live", "Live", frozenset({"show_live"})),
    Section(
        "dashboard.show_webhooks",
        "Webhooks",
        frozenset({"show_webhooks", "add_webhook", "show_webhook", "change_webhook", "act_on_webhook"}),
    ),
    Section("dashboard.show_log_days", "Log files", frozenset({"show_log_days", "show_log_day"})),
    Section(
        "dashboard.show_keys", "API keys", frozenset({"show_keys", "rotate_token", "show_secret", "rotate_secret"})
    ),
    Section("dashboard.show_settings", "Settings", frozenset({"show_settings"})),
)
