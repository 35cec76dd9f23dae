"""Idempotency keys: drawn, or taken as they are given."""

from __future__ import annotations

import uuid

from shortlink.client.errors import InvalidArgument

MAX_LENGTH = 255
_RULE = f"an idempotency key is a whole number, or 1 to {MAX_LENGTH} printable ASCII characters without spaces around"


def key_of(given: str | int | None) -> str:
    """Take a key as the API does, a number as text; None draws one. Raises InvalidArgument."""
    if given is None:
        return uuid.uuid4().hex
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise InvalidArgument(f"{_RULE}, not of type {type(given).__name__}")
    key = str(given)
    # Spaces around it would be lost on the way, and `""` is how the header writes an empty key.
    if (
        not 0 < len(key) <= MAX_LENGTH
        or not key.isascii()
        or not key.isprintable()
        or key != key.strip()
        or key == '""'
    ):
        raise InvalidArgument(f"{_RULE}, not {key[:40]!r}")
    return key
