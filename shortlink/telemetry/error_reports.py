"""Error reports to Sentry: what is logged as an error, without anything about whom it concerned."""

from __future__ import annotations

import logging
from typing import Any

from shortlink.domain.errors import SettingsError
from shortlink.telemetry.scrubbing import scrub, scrub_all

try:
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration
    from sentry_sdk.integrations.threading import ThreadingIntegration
except ImportError as error:
    raise SettingsError(
        "SHORTLINK_SENTRY_DSN is set, but its library is missing;"
        " `pip install '.[sentry]'` in the project's folder brings it"
    ) from error


def start_error_reports(dsn: str, *, process: str, transport: Any = None) -> None:
    """Report every logged error. Raises SettingsError for a DSN that is none."""
    try:
        sentry_sdk.init(
            dsn=dsn,
            server_name="",
            transport=transport,
            before_send=clean,  # type: ignore[arg-type]  # the library's own shape of the same
            max_request_body_size="never",
            include_local_variables=False,
            max_breadcrumbs=0,
            # Those for frameworks would take requests and jobs along.
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=[
                LoggingIntegration(level=None, event_level=logging.ERROR),
                ExcepthookIntegration(),
                ThreadingIntegration(propagate_scope=False),
                DedupeIntegration(),
                AtexitIntegration(callback=lambda *_: None),
            ],
        )
    except ValueError as error:
        wanted = "a DSN as Sentry shows it, such as https://KEY@sentry.example.com/1"
        raise SettingsError(f"SHORTLINK_SENTRY_DSN must be {wanted} ({type(error).__name__})") from error
    sentry_sdk.set_tag("process", process)


def clean(event: dict[str, Any], _hint: Any = None) -> dict[str, Any]:
    """Keep of an event what happened and where in the code; nothing of requests and people."""
    for name in ("request", "user", "extra", "breadcrumbs", "contexts", "modules", "server_name"):
        event.pop(name, None)
    if "logentry" in event:
        event["logentry"] = scrub_all(event["logentry"])
    if "message" in event:
        event["message"] = scrub(str(event["message"]))
    for found in event.get("exception", {}).get("values", ()):
        if found.get("value"):
            found["value"] = scrub(str(found["value"]))
        for frame in found.get("stacktrace", {}).get("frames", ()):
            frame.pop("vars", None)
    return event
