"""Which core a process of a door runs on."""

from __future__ import annotations

import os


def own_cores(processes: int) -> tuple[int, ...]:
    """Name a core for each of as many processes as there are cores; none for one, fewer or more, or on macOS.

    Left to itself, the kernel wakes a process where its waker runs, and lets two processes of a door, or one and its
    client, take turns on one core for milliseconds while another idles. Fewer processes are better placed by the
    kernel, more have to share anyway. The cores are those that this process may use now; an operator can narrow them.
    """
    if processes < 2 or not hasattr(os, "sched_getaffinity"):
        return ()
    cores = sorted(os.sched_getaffinity(0))
    return tuple(cores) if len(cores) == processes else ()


def keep_to(core: int) -> None:
    """Run this process, and every thread and process it starts from now on, on one core alone. Raises OSError."""
    os.sched_setaffinity(0, {core})
