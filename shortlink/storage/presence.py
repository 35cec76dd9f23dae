"""Who was seen lately, whether the store takes writes, and whether sending is paused."""

from __future__ import annotations

from typing import cast

from shortlink.storage import keys
from shortlink.storage.connection import Store

SEEN_SECONDS = 15


class PresenceStore:
    """Short-lived signs of life that readiness is read from."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def report(self, role: str) -> None:
        """Say that a process of this role is alive; holds for SEEN_SECONDS."""
        self._store.set(keys.presence(role), "1", ex=SEEN_SECONDS)

    def absent(self, *roles: str) -> list[str]:
        """List the roles of which no process was seen lately."""
        found = self._store.mget([keys.presence(role) for role in roles])
        return [role for role, seen in zip(roles, found, strict=True) if seen is None]

    def check_writable(self) -> None:
        """Raise StoreUnavailable unless the store takes a write now."""
        self._store.set(keys.presence("readiness"), "1", ex=SEEN_SECONDS)

    def pause_sending(self, reason: str, *, seconds: int) -> None:
        """Stop sending for a while, because the carrier refuses our account."""
        self._store.set(keys.SENDING_PAUSED, reason, ex=seconds)

    def sending_paused(self) -> str | None:
        """Say why sending is paused, if it is."""
        return cast("str | None", self._store.get(keys.SENDING_PAUSED))
