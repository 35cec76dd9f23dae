"""Read the settings that come before everything else: a door's, and what is told to those who watch from outside."""

from __future__ import annotations

from shortlink.bootstrap.day_files import check_day_files
from shortlink.config import Settings
from shortlink.telemetry import Telemetry, check_telemetry


def read_door_settings() -> Settings:
    """Read the settings of a door and check what its workers will need, before any of them is started.

    Raises SettingsError.
    """
    settings = Settings.from_env()
    _ = settings.key
    check_day_files(settings)
    check_telemetry(read_telemetry(settings))
    return settings


def read_telemetry(settings: Settings) -> Telemetry:
    """Read what this installation wants to be told."""
    return Telemetry(
        log_level=settings.log_level,
        log_format=settings.log_format,
        sentry_dsn=settings.sentry_dsn,
        otlp_endpoint=settings.otlp_endpoint,
    )
