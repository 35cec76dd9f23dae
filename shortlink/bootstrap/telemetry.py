"""Read what is told to those who watch from outside."""

from __future__ import annotations

from shortlink.config import Settings
from shortlink.telemetry import Telemetry


def read_telemetry(settings: Settings) -> Telemetry:
    """Read what this installation wants to be told."""
    return Telemetry(
        log_level=settings.log_level,
        log_format=settings.log_format,
        sentry_dsn=settings.sentry_dsn,
        otlp_endpoint=settings.otlp_endpoint,
    )
