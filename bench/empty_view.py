"""The baseline: an empty Flask view, on the very server that the doors run on.

The server is made by the doors' own function, so that every option is the same now and after the next change. Only its
target is replaced, and the interface by the one that is quickest for Flask alone: threads and WSGI.
"""

from __future__ import annotations

import sys

from flask import Flask
from granian.constants import Interfaces

from shortlink.lifeline import die_with_parent
from shortlink.web.__main__ import make_server
from shortlink.web.wsgi_bridge import THREADS


def make_app() -> Flask:
    """Make the app."""
    die_with_parent()
    app = Flask("empty", static_folder=None)

    @app.get("/")
    def empty() -> str:
        return ""

    return app


def main() -> None:
    """Serve it on the port given."""
    server = make_server(host="127.0.0.1", port=int(sys.argv[1]), workers=1)
    server.target = "bench.empty_view:make_app"
    server.interface, server.blocking_threads = Interfaces.WSGI, THREADS
    server.serve()


if __name__ == "__main__":
    main()
