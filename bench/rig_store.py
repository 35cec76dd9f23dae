"""The store of a rig: its clients, what it says of itself, and what is still owed in it."""

from __future__ import annotations

from typing import Any

import redis

from shortlink.domain.code import PARTITIONS
from shortlink.storage import keys


class RigStore:
    """Looks into the store behind an address; `client` reads and writes text."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.client: redis.Redis = redis.Redis.from_url(url, decode_responses=True)

    def raw_client(self) -> redis.Redis:
        """Open another client, which leaves bytes as they are."""
        return redis.Redis.from_url(self._url)

    def info(self, section: str) -> dict[str, Any]:
        """What the store says of itself."""
        return self.client.info(section)

    def cpu_seconds(self) -> float:
        """The processor time that it has used so far."""
        info = self.info("cpu")
        return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])

    def resident_bytes(self) -> int:
        """The memory that its process holds."""
        return int(self.info("memory")["used_memory_rss"])

    def is_log_compact(self) -> bool:
        """Whether it rewrites its append-only file neither now nor soon."""
        told = self.info("persistence")
        return not told["aof_rewrite_in_progress"] and not told["aof_rewrite_scheduled"]

    def owed_messages(self) -> int:
        """How many messages are not in a final state yet."""
        pipe = self.client.pipeline(transaction=False)
        for partition in PARTITIONS:
            pipe.zcard(keys.due_messages(partition))
        return sum(pipe.execute())

    def close(self) -> None:
        """Give the connections of `client` back."""
        self.client.close()
