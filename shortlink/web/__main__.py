"""Serve the API door: `python -m shortlink.web --door api --port 8000`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from shortlink.bootstrap import read_door_settings
from shortlink.domain.errors import SettingsError
from shortlink.lifeline import lead
from shortlink.telemetry.logs import make_formatter

BACKLOG = 1024
DRAIN_SECONDS = 6  # then a request that still runs is cut off
HEADER_SECONDS = 15
HEADER_BYTES = 65_536


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, finish the requests in flight, and return the exit code."""
    given = _parse(arguments)
    try:
        settings = read_door_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    lead()
    make_server(host=given.host, port=given.port, workers=given.workers, log_format=settings.log_format).serve()
    return 0


def make_server(*, host: str, port: int, workers: int, log_format: str = "text") -> MPServer:
    """Make the server; its workers read the environment themselves.

    There is no access log: a path can hold a code or a message id.
    """
    return MPServer(
        "shortlink.web.serve:make_api",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=workers,
        websockets=False,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BYTES),
        backlog=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=DRAIN_SECONDS,
        log_level=LogLevels.error,  # a warning would only say that there are more threads than cores, which is meant
        log_dictconfig=_logging(log_format),
        log_access=False,
    )


def _logging(form: str) -> dict[str, Any]:
    """Send the server's own words to stderr, like everybody's; stdout belongs to the caller."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": make_formatter, "form": form, "process": "web server"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "loggers": {"_granian": {"handlers": ["stderr"], "level": "ERROR", "propagate": False}},
    }


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shortlink.web", description="Serve the API door.")
    parser.add_argument("--door", choices=("api",), default="api", help="there is no other; links: shortlink.redirect")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
