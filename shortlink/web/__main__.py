"""Serve the API door: `python -m shortlink.web --door api --port 8000`."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from shortlink.bootstrap.door_process import begin_door
from shortlink.http1.parent import serve_port
from shortlink.web.serving import PROCESS, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, finish the requests under way, and return the exit code.

    There is no access log: a path can hold a code or a message id.
    """
    given = _parse(arguments)
    settings = begin_door(process=PROCESS)
    return serve_port(given.host, given.port, given.workers, partial(serve, settings))


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
