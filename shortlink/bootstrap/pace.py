"""Build the pace at which the carrier takes messages."""

from __future__ import annotations

import time
from collections.abc import Callable

from shortlink.config import Settings
from shortlink.storage.connection import Store
from shortlink.storage.pace import PaceStore
from shortlink.use_cases.carrier_pace import CarrierPace


def build_pace(settings: Settings, store: Store, *, sleep: Callable[[float], object] = time.sleep) -> CarrierPace:
    """Build the carrier's pace; `sleep` waits for it."""
    return CarrierPace(PaceStore(store), rate=settings.carrier_rate, sleep=sleep)
