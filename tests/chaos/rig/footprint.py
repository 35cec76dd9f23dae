"""How much memory a running installation holds: its processes, and its store."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from shortlink.storage.connection import Store
from tests.chaos.rig.processes import processes_of

_DRAWN = re.compile(r"\{\w+\}|[0-9A-Za-z]{9,}|\d+")


def held_by(up: int) -> Counter[str]:
    """Read the bytes that each part's processes hold for themselves; what they share with each other counts once.

    Pages of files do not count: whatever else on the machine maps the same library makes our share of it smaller.
    """
    held: Counter[str] = Counter()
    for process in processes_of(up):
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
        held[process.role] += next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss_Anon:"))
    return held


def kept_in(store: Store) -> Counter[str]:
    """Read the bytes of what is in the store, by kind of key: all that is drawn or counted stands as `#` in its name.

    Each key's own, since what the server takes beside them, some 2 MB, swings by more than a thousand keys take.
    """
    kept: Counter[str] = Counter()
    for key in store.scan_iter(count=1000):
        kept[_DRAWN.sub("#", key)] += store.memory_usage(key, samples=0) or 0
    return kept
