"""How long a test waits for what the service does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_SECONDS = 15.0
_LOOK_SECONDS = 0.05
T = TypeVar("T")


def wait_until(look: Callable[[], T | None], seconds: float, what: Callable[[], str]) -> T:
    """Look until there is something, and return it. Raises AssertionError that says `what` did not come in time."""
    deadline = time.monotonic() + seconds
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise AssertionError(f"{what()} did not come within {seconds:g} s")
        time.sleep(_LOOK_SECONDS)
    return found
