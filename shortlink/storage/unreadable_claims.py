"""Claims of what turns out to be unreadable: nothing can be done with them, so they are taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shortlink.domain.errors import RecordUnreadable
from shortlink.domain.lease import safe_ms


@contextmanager
def unclaiming_unreadable(unclaim: Callable[[], object], *, lease_ms: int) -> Iterator[None]:
    """Take back a claim made within where its record cannot be read, unless its lease is no longer safe; raise on."""
    began = time.monotonic()
    try:
        yield
    except (RecordUnreadable, UnicodeDecodeError):
        if (time.monotonic() - began) * 1000 < safe_ms(lease_ms):  # later it may be another's claim
            unclaim()
        raise
