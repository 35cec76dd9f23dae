"""What a process tells those who watch it: its log, and, where it is asked for, error reports and traces.

Called once when a process begins, with values; reads no setting. Error reports and traces need an extra each, which is
imported only when its setting is there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module

from shortlink.telemetry.logs import set_up_log
from shortlink.telemetry.spans import maker


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What an installation wants to be told, and how."""

    log_level: str = "INFO"
    log_format: str = "text"  # or json
    sentry_dsn: str | None = field(default=None, repr=False)
    otlp_endpoint: str | None = None


def check_telemetry(wanted: Telemetry) -> None:
    """Raise SettingsError when an extra is missing; a server asks before its workers fail one after the other."""
    if wanted.sentry_dsn:
        import_module("shortlink.telemetry.error_reports")
    if wanted.otlp_endpoint:
        import_module("shortlink.telemetry.traces")


def start_telemetry(wanted: Telemetry, *, process: str) -> None:
    """Begin to tell; `process` is its role, such as `web`.

    Raises SettingsError that names the extra when a library is missing.
    """
    set_up_log(wanted.log_level, wanted.log_format, process=process)
    if wanted.sentry_dsn:
        from shortlink.telemetry.error_reports import start_error_reports  # noqa: PLC0415  # an extra

        start_error_reports(wanted.sentry_dsn, process=process)
    if wanted.otlp_endpoint:
        from shortlink.telemetry.traces import start_traces  # noqa: PLC0415  # an extra

        start_traces(wanted.otlp_endpoint, process=process)


def stop_telemetry() -> None:
    """Send what is left of the traces; for a process that ends without Python's own end."""
    if (making := maker()) is not None:
        making.close()
