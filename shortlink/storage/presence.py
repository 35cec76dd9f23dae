"""Who was seen lately, whether the store takes writes, and whether sending is paused."""

from __future__ import annotations

from typing import cast

from shortlink.storage import keys
from shortlink.storage.connection import Store

SEEN_SECONDS = 15
_STOPPED = "stopped "  # and when, in UTC ms


class PresenceStore:
    """Short-lived signs of life that readiness is read from."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def report(self, role: str) -> None:
        """Say that a process of this role is alive; holds for SEEN_SECONDS."""
        self._store.set(keys.presence(role), "1", ex=SEEN_SECONDS)

    def report_stop(self, role: str) -> None:
        """Say that a process of this role has ended; whoever looks for signs of life finds the last one all the same.

        It goes when that would have gone, or with the next sign of life of another process.
        """
        self._store.set(keys.presence(role), f"{_STOPPED}{self._store.now()}", xx=True, keepttl=True)

    def stopped(self, *roles: str) -> dict[str, int]:
        """Say of which roles the last that was heard is an end, and how many seconds ago."""
        found = self._store.mget([keys.presence(role) for role in roles])
        ends = {role: str(seen)[len(_STOPPED) :] for role, seen in zip(roles, found, strict=True) if _is_end(seen)}
        return {role: max(0, self._store.now() - int(at)) // 1000 for role, at in ends.items()}

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


def _is_end(seen: object) -> bool:
    return isinstance(seen, str) and seen.startswith(_STOPPED)
