"""Xoxzo's names for the fields of a message, and ours; and what is ours alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shortlink.domain.errors import InvalidFields

MAX_IDEMPOTENCY_KEY = 255

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


def read_idempotency_key(given: str) -> str:
    """Read the Idempotency-Key, quoted as its draft says or bare as most clients send it. Raises ValueError."""
    quoted = len(given) > 1 and given[0] == given[-1] == '"'
    key = given[1:-1] if quoted else given
    if not 0 < len(key) <= MAX_IDEMPOTENCY_KEY or not key.isascii() or not key.isprintable():
        raise ValueError(f"Idempotency-Key must be 1 to {MAX_IDEMPOTENCY_KEY} printable ASCII characters.")
    return key
