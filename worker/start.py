"""What every process of this package does first."""

from __future__ import annotations

import sys
from pathlib import Path

from shortlink.bootstrap import Services, build, read_telemetry
from shortlink.config import Settings, environment
from shortlink.domain.errors import SettingsError
from shortlink.lifeline import die_with_parent_if_asked
from shortlink.telemetry import start_telemetry


def begin() -> Services:
    """Read the settings, set up the log, tie this process to a parent that asked; wrong settings end it with 2."""
    try:
        services = build(Settings.from_env())
        start_telemetry(read_telemetry(services.settings), process=_role())
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from error
    die_with_parent_if_asked(environment())
    return services


def _role() -> str:
    """Name this process after its module, or a worker after its queue."""
    module = Path(sys.argv[0]).stem
    return "-".join(["worker", *sys.argv[1:2]]) if module == "__main__" else module
