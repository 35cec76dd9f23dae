"""What every process of this package does first."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shortlink.bootstrap.presence import build_presence
from shortlink.bootstrap.telemetry import read_telemetry
from shortlink.bootstrap.wrong_settings import ending_on_wrong_settings
from shortlink.config import Settings, environment
from shortlink.lifeline import die_with_parent_if_asked
from shortlink.telemetry import start_telemetry

if TYPE_CHECKING:
    from shortlink.storage.presence import PresenceStore


@dataclass(frozen=True, slots=True)
class Workplace:
    """What each of them has, whatever its work is."""

    settings: Settings
    presence: PresenceStore


def begin() -> Workplace:
    """Read the settings, set up the log, tie this process to a parent that asked; wrong settings end it with 2."""
    with ending_on_wrong_settings():
        settings = Settings.from_env()
        _ = settings.key
        start_telemetry(read_telemetry(settings), process=_role())
    die_with_parent_if_asked(environment())
    return Workplace(settings, build_presence(settings))


def _role() -> str:
    """Name this process after its module, or a worker after its queue."""
    module = Path(sys.argv[0]).stem
    return "-".join(["worker", *sys.argv[1:2]]) if module == "__main__" else module
