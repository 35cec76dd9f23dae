"""How many cores this process may use."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
_VERSION_2 = "0::/"  # begins the line of the only kind of control groups that is read


def usable_cores(own_group: Path = _OWN_GROUP, groups: Path = _GROUPS) -> int:
    """Count the cores that this process may use: those it may run on, or fewer where a container is given less time.

    A container that may use half of two cores' time still sees all cores of its machine.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([cores, *_limits(own_group, groups)])


def _limits(own_group: Path, groups: Path) -> Iterator[int]:
    """Read the limits of this process's control group and of those around it, in whole cores, rounded up."""
    with suppress(OSError, ValueError):
        for line in own_group.read_text(encoding="ascii").splitlines():
            if line.startswith(_VERSION_2):
                group = PurePosixPath(line.removeprefix(_VERSION_2))
                yield from (limit for one in (group, *group.parents) if (limit := _limit(groups / one)))


def _limit(group: Path) -> int | None:
    with suppress(OSError, ValueError):  # "max", where there is no limit, is no number
        microseconds, period = (group / "cpu.max").read_text(encoding="ascii").split()
        return math.ceil(int(microseconds) / int(period))
    return None
