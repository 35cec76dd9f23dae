"""Xoxzo's names for the fields of a message, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shortlink.bootstrap.doors import Services
from shortlink.domain.draft import Draft, check_draft
from shortlink.domain.errors import InvalidFields
from shortlink.use_cases.accept_rules import rule_faults

_OURS = {
    "message": "text",
    "recipient": "recipient",
    "sender": "sender",
    "callbackurl": "report_url",
    "tags": "tags",
    "track_link": "tracked",
    "lt_callbackurl": "click_url",
}
_XOXZO = {ours: xoxzo for xoxzo, ours in _OURS.items()}


def read_draft(given: Mapping[str, Any], known: Services) -> Draft:
    """Check what a customer sent; fields that Xoxzo's API has and this service does not are left out.

    Raises InvalidFields with every fault, those by the rules of this installation among them.
    """
    return check_draft(
        {ours: given[name] for name, ours in _OURS.items() if name in given},
        callback_allow=known.settings.callback_allow,
        further=partial(rule_faults, rules=known.accept_desk.rules),
    )


def named_faults(error: InvalidFields) -> dict[str, list[str]]:
    """Name faults after the fields that the customer knows."""
    return {_XOXZO.get(name, name): texts for name, texts in error.fields.items()}
