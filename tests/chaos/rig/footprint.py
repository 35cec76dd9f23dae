"""How much memory a running installation holds: its processes, and its store."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures.memory import PASSING
from shortlink.storage.connection import Store
from tests.chaos.rig.processes import processes_of

_LOOKS = 20
_LOOK_SECONDS = 1.5


def held_by(up: int) -> Counter[str]:
    """Read the bytes that each part's processes hold for themselves; what they share with each other counts once.

    Pages of files do not count: whatever else on the machine maps the same library makes our share of it smaller.
    """
    held: Counter[str] = Counter()
    for process in processes_of(up):
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        held[process.role] += next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss_Anon:"))
    return held


def store_bytes(store: Store) -> int:
    """Read the bytes that the store's data take; the middle of some looks, as its parts are not counted at once."""
    looks = []
    for _ in range(_LOOKS):
        told: Any = store.info("memory")
        looks.append(int(told["used_memory"]) - sum(int(told.get(name, 0)) for name in PASSING))
        time.sleep(_LOOK_SECONDS)
    return round(median(looks))
