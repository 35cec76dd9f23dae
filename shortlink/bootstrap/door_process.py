"""What a door's process does before it forks those that serve."""

from __future__ import annotations

from shortlink.bootstrap.day_files import check_day_files
from shortlink.bootstrap.telemetry import read_telemetry
from shortlink.bootstrap.wrong_settings import ending_on_wrong_settings
from shortlink.config import Settings
from shortlink.domain.listed_agents import read_list
from shortlink.telemetry import check_telemetry
from shortlink.telemetry.logs import set_up_log


def begin_door(*, process: str) -> Settings:
    """Read the settings and set up the log under this name of the process; wrong settings end it with 2."""
    with ending_on_wrong_settings():
        settings = read_door_settings()
    set_up_log(settings.log_level, settings.log_format, process=process)
    read_list()  # before the first tap; all that are forked share it
    return settings


def read_door_settings() -> Settings:
    """Read the settings of a door and check what its workers will need, before any of them is started.

    Raises SettingsError.
    """
    settings = Settings.from_env()
    _ = settings.key
    check_day_files(settings)
    check_telemetry(read_telemetry(settings))
    return settings
