"""Serve short links: `python -m shortlink.redirect --port 8001`."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from shortlink.bootstrap import read_door_settings
from shortlink.domain.errors import SettingsError
from shortlink.http1.parent import Parent, open_sockets
from shortlink.redirect.serving import PROCESS, serve
from shortlink.telemetry.logs import set_up_log


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, finish the requests under way, and return the exit code."""
    given = _parse(arguments)
    try:
        settings = read_door_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    set_up_log(settings.log_level, settings.log_format, process=PROCESS)
    processes = given.workers or settings.redirect_processes
    try:
        sockets = open_sockets(given.host, given.port, processes)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {given.host} port {given.port}: {error.strerror}\n")
        return 1
    return Parent(sockets, partial(serve, settings, processes), spread=True).run()


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shortlink.redirect", description="Serve short links.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--workers", type=int, default=0, help="processes; by default SHORTLINK_REDIRECT_WORKERS")
    given = parser.parse_args(arguments)
    if given.workers < 0:
        parser.error("--workers must be 1 or more, or 0 for SHORTLINK_REDIRECT_WORKERS")
    return given


if __name__ == "__main__":
    sys.exit(main())
