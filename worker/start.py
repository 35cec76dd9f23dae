"""What every process of this package does first."""

from __future__ import annotations

import sys
from pathlib import Path

from shortlink.bootstrap import Services, build, ending_on_wrong_settings, read_telemetry
from shortlink.config import Settings, environment
from shortlink.lifeline import die_with_parent_if_asked
from shortlink.telemetry import start_telemetry


def begin() -> Services:
    """Read the settings, set up the log, tie this process to a parent that asked; wrong settings end it with 2."""
    with ending_on_wrong_settings():
        services = build(Settings.from_env())
        start_telemetry(read_telemetry(services.settings), process=_role())
    die_with_parent_if_asked(environment())
    return services


def _role() -> str:
    """Name this process after its module, or a worker after its queue."""
    module = Path(sys.argv[0]).stem
    return "-".join(["worker", *sys.argv[1:2]]) if module == "__main__" else module
