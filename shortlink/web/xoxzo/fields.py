"""Xoxzo's names for the fields of a message, and ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shortlink.domain.errors import InvalidFields

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


def draft_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Rename what a customer sent; fields that Xoxzo's API has and this service does not are left out."""
    return {ours: given[name] for name, ours in _OURS.items() if name in given}


def named_faults(error: InvalidFields) -> dict[str, list[str]]:
    """Name faults after the fields that the customer knows."""
    return {_XOXZO.get(name, name): texts for name, texts in error.fields.items()}
