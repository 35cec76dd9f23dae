"""How the store itself is: its memory, whether it keeps what it is told, and what time it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from shortlink.storage.connection import Store
from shortlink.storage.shared_keys import find_wrong_keys

_WORDS = ("appendfsync", "maxmemory-policy", "hash-max-listpack-value", "hash-max-ziplist-value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """What the store says of itself; None or an empty text where a hosted server keeps it to itself."""

    version: str
    role: str
    uptime_seconds: int
    clients: int
    used_memory: int
    max_memory: int  # 0: no limit of its own
    system_memory: int  # of its machine
    evicted_keys: int
    keeps_log: bool
    log_writes_ok: bool
    log_rewrite_ok: bool
    log_bytes: int
    fsync: str
    eviction: str
    listpack_value: int | None


class VitalsReader:
    """Asks the store about itself; every method only reads."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def read(self) -> Vitals:
        """Read everything in two round trips. Raises StoreUnavailable."""
        pipe = self._store.pipeline(transaction=False)
        for section in ("server", "clients", "memory", "persistence", "stats", "replication"):
            pipe.info(section)
        facts: dict[str, Any] = {}
        for answer in pipe.execute():
            facts |= answer
        return _vitals(facts, self._settings())

    def now(self) -> int:
        """Read the store's clock, in UTC milliseconds."""
        return self._store.now()

    def wrong_keys(self) -> list[str]:
        """Say of each key that many share and that is of another kind what it should be. Raises StoreUnavailable."""
        return find_wrong_keys(self._store)

    def _settings(self) -> dict[str, str]:
        try:
            return {str(name): str(value) for name, value in self._store.config_get(*_WORDS).items()}
        except ResponseError:  # many hosted servers do not show their settings
            return {}


def _vitals(facts: Mapping[str, Any], settings: Mapping[str, str]) -> Vitals:
    widest = settings.get("hash-max-listpack-value") or settings.get("hash-max-ziplist-value")
    return Vitals(
        version=str(facts.get("valkey_version") or facts.get("redis_version") or ""),
        role=str(facts.get("role", "")),
        uptime_seconds=int(facts.get("uptime_in_seconds", 0)),
        clients=int(facts.get("connected_clients", 0)),
        used_memory=int(facts.get("used_memory", 0)),
        max_memory=int(facts.get("maxmemory", 0)),
        system_memory=int(facts.get("total_system_memory", 0)),
        evicted_keys=int(facts.get("evicted_keys", 0)),
        keeps_log=bool(facts.get("aof_enabled")),
        log_writes_ok=facts.get("aof_last_write_status", "ok") == "ok",
        log_rewrite_ok=facts.get("aof_last_bgrewrite_status", "ok") == "ok",
        log_bytes=int(facts.get("aof_current_size", 0)),
        fsync=settings.get("appendfsync", ""),
        eviction=settings.get("maxmemory-policy", "") or str(facts.get("maxmemory_policy", "")),
        listpack_value=int(widest) if widest else None,
    )
