"""Serve short links: `python -m shortlink.redirect --port 8001`."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from shortlink.bootstrap.door_process import begin_door
from shortlink.http1.parent import serve_port
from shortlink.redirect.serving import PROCESS, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, finish the requests under way, and return the exit code."""
    given = _parse(arguments)
    settings = begin_door(process=PROCESS)
    processes = given.workers or settings.redirect_processes
    return serve_port(given.host, given.port, processes, partial(serve, settings, processes), spread=True)


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
