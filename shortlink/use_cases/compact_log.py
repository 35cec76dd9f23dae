"""Write the store's log anew, so that what was erased leaves the disk too."""

from __future__ import annotations

import time

from shortlink.storage.housekeeping import HousekeepingStore

LOOK_SECONDS = 0.1


def compact_log(house: HousekeepingStore, *, patience_seconds: float = 120.0) -> bool:
    """Have the append-only file rewritten and wait for it; True when nothing overwritten is left in it.

    False when the store does not allow it, or takes longer than that. A rewrite already under way may have begun
    too early, so another one follows it. Raises StoreUnavailable.
    """
    deadline = time.monotonic() + patience_seconds
    if not house.log_state()[0]:
        return True
    return _wait(house, deadline) and house.begin_rewrite() and _wait(house, deadline)


def _wait(house: HousekeepingStore, deadline: float) -> bool:
    while house.log_state()[1]:
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return True
