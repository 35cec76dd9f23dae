"""What the store's errors mean to this service."""

from __future__ import annotations

import redis
from redis.exceptions import BusyLoadingError, OutOfMemoryError, ReadOnlyError, RedisError

from shortlink.domain.errors import StoreUnavailable

_UNAVAILABLE = (
    redis.ConnectionError,
    redis.TimeoutError,
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
)
_UNAVAILABLE_WORDS = ("MISCONF", "UNBLOCKED", "BUSY", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "OOM", "READONLY")


def translate(error: RedisError) -> Exception:
    """Turn an error of the store's condition into StoreUnavailable; a fault of ours stays what it is."""
    if isinstance(error, _UNAVAILABLE) or str(error).startswith(_UNAVAILABLE_WORDS):
        return StoreUnavailable(f"the store cannot be used now ({type(error).__name__})")
    return error
