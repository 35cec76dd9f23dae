"""How many cores this process may use."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def usable_cores(own_group: Path = _OWN_GROUP, groups: Path = _GROUPS) -> int:
    """Count the cores that this process may use: those it may run on, or fewer where a container is given less time.

    A container that may use half of two cores' time still sees all cores of its machine.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _quota(own_group, groups) or cores)


def _quota(own_group: Path, groups: Path) -> int | None:
    """Read the limit of this process's control group in whole cores, rounded up; None where there is none."""
    with suppress(OSError, ValueError):
        path = (
            own_group.read_text(encoding="ascii").strip().removeprefix("0::/")
        )  # version 2; of the first, another form
        microseconds, period = (groups / path / "cpu.max").read_text(encoding="ascii").split()
        return math.ceil(int(microseconds) / int(period))  # "max", where there is no limit, is no number
    return None
