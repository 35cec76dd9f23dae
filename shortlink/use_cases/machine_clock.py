"""This machine's clock, for whoever is not given the store's."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Read it, in UTC milliseconds."""
    return int(time.time() * 1000)
