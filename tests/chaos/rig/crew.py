"""A crew: threads that take one row of work in turns, at a steady rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import TypeVar

Item = TypeVar("Item")


def work_through(
    items: Sequence[Item], work: Callable[[int, Item], None], *, rate: float, threads: int, name: str
) -> None:
    """Do a piece of work for each item, in this order and about so many a second; `work` gets its place as well."""
    turn, began = count(), time.monotonic()

    def run() -> None:
        while (place := next(turn)) < len(items):
            time.sleep(max(0.0, began + place / rate - time.monotonic()))
            work(place, items[place])

    crew = [threading.Thread(target=run, name=f"{name}-{n}", daemon=True) for n in range(threads)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
