"""Serve the API door: `python -m shortlink.web --door api --port 8000`."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from shortlink.bootstrap import read_door_settings
from shortlink.domain.errors import SettingsError
from shortlink.http1.parent import Parent, open_sockets
from shortlink.telemetry.logs import set_up_log
from shortlink.web.serve import PROCESS, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, finish the requests under way, and return the exit code.

    There is no access log: a path can hold a code or a message id.
    """
    given = _parse(arguments)
    try:
        settings = read_door_settings()
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    set_up_log(settings.log_level, settings.log_format, process=PROCESS)
    try:
        sockets = open_sockets(given.host, given.port, given.workers)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {given.host} port {given.port}: {error.strerror}\n")
        return 1
    return Parent(sockets, partial(serve, settings)).run()


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shortlink.web", description="Serve the API door.")
    parser.add_argument("--door", choices=("api",), default="api", help="there is no other; links: shortlink.redirect")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes that share the port; at least 1")
    given = parser.parse_args(arguments)
    if given.workers < 1:
        parser.error("--workers must be 1 or more")
    return given


if __name__ == "__main__":
    sys.exit(main())
