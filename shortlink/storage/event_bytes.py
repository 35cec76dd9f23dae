"""Entries of event streams as bytes: where one is no text, the others are read all the same."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from redis.client import NEVER_DECODE

from shortlink.storage.connection import Store
from shortlink.storage.steps import Command

log = logging.getLogger(__name__)
Entries = list[tuple[str, dict[str, str]]]
_AS_BYTES: dict[str, Any] = {NEVER_DECODE: []}


def ask_as_bytes(store: Store, command: Command) -> Any:
    """Send a command and leave its answer as it came."""
    return store.execute_command(*command, **_AS_BYTES)


def decode_entries(stream: str, entries: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> Entries:
    """Decode the entries of a stream; one that is no text is told, and holds nothing."""
    return [(identifier.decode(), _decode(stream, identifier.decode(), fields)) for identifier, fields in entries]


def _decode(stream: str, identifier: str, fields: dict[bytes, bytes]) -> dict[str, str]:
    try:
        return {name.decode(): value.decode() for name, value in fields.items()}
    except UnicodeDecodeError:
        log.error("entry %s of stream %s is no text and is left out", identifier, stream)
        return {}
