"""What the store's errors mean to this service."""

from __future__ import annotations

import redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
)

from shortlink.domain.errors import StoreTrouble, StoreUnavailable

# The first that fits, special errors before those they are a kind of.
_BY_CLASS = (
    (AuthenticationError, StoreTrouble.LOCKED),
    (BusyLoadingError, StoreTrouble.LOADING),
    (OutOfMemoryError, StoreTrouble.FULL),
    (ReadOnlyError, StoreTrouble.READ_ONLY),
    (ClusterDownError, StoreTrouble.CHANGING),  # MASTERDOWN too, whose word the client takes away
    (redis.TimeoutError, StoreTrouble.SILENT),
    (redis.ConnectionError, StoreTrouble.AWAY),
)
_BY_WORD = {
    "MISCONF": StoreTrouble.DISK,
    "UNBLOCKED": StoreTrouble.CHANGING,
    "BUSY": StoreTrouble.BUSY,
    "MASTERDOWN": StoreTrouble.CHANGING,
    "NOREPLICAS": StoreTrouble.ALONE,
    "CLUSTERDOWN": StoreTrouble.CHANGING,
    "OOM": StoreTrouble.FULL,
    "READONLY": StoreTrouble.READ_ONLY,
    "LOADING": StoreTrouble.LOADING,
}


def translate(error: RedisError) -> Exception:
    """Turn an error of the store's condition into StoreUnavailable; a fault of ours stays what it is.

    It says the kind of trouble in our words: the server's own may hold a key, an address or a password.
    """
    if (trouble := _trouble(error)) is not None:
        return StoreUnavailable(f"the store cannot be used now: {trouble.value}", trouble=trouble)
    return error


def is_wrong_type(error: RedisError) -> bool:
    """Whether a key holds something else than what was asked of it; a script's answer says it like a command's."""
    return str(error).startswith("WRONGTYPE")


def _trouble(error: RedisError) -> StoreTrouble | None:
    for word, trouble in _BY_WORD.items():
        if str(error).startswith(word):
            return trouble
    return next((trouble for kind, trouble in _BY_CLASS if isinstance(error, kind)), None)
