"""Serve the simulator: one process, a thread a connection, HTTP/1.1 with keep-alive.

Not the server of the doors: a carrier that hangs up in the middle of a request needs its hands on the socket, and a
thread that may wait.
"""

from __future__ import annotations

import argparse
import base64
import signal
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wsgi import get_input_stream

from shortlink.config import Settings, environment
from shortlink.domain.errors import SettingsError
from shortlink.domain.inbound import INBOUND_PATH
from shortlink.lifeline import die_with_parent_if_asked
from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.app import create_app
from shortlink.simulator.simulation import Simulation
from shortlink.telemetry.logs import set_up_log

MAX_UNREAD = 1_000_000  # bytes of a request that are read away to keep the connection


class KeepAliveHandler(WSGIRequestHandler):
    """Answers many requests on a connection, as Twilio does; a view may shut the socket down instead."""

    timeout = 75
    wbufsize = -1  # an answer leaves in one piece
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one request."""
        environ = self.make_environ()
        body = get_input_stream(environ)
        environ |= {"wsgi.input": body, "wsgi.input_terminated": True}
        chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        content = b"".join(chunks)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and code not in ("204", "304"):
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()
        self._read_away(body)

    def _read_away(self, body: Any) -> None:
        """Leave the connection at the start of the next request."""
        left = MAX_UNREAD
        while left > 0 and (chunk := body.read(65_536)):
            left -= len(chunk)
        if left <= 0:
            self.close_connection = True

    def finish(self) -> None:
        """Close the connection, which the client or a fault may have closed already."""
        with suppress(ConnectionError):
            super().finish()

    def version_string(self) -> str:
        """Name the server without its versions."""
        return "shortlink-simulator"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: paths hold sids and whatever a callback's URL holds."""

    def log_error(self, format: str, *args: object) -> None:  # noqa: A002  # named so by the base
        """Log nothing: what could not be parsed may hold anything."""


def bind(simulation: Simulation, host: str, port: int) -> BaseWSGIServer:
    """Open the listening socket; port 0 picks a free one, found as `.port`."""
    return make_server(host, port, create_app(simulation), threaded=True, request_handler=KeepAliveHandler)


@contextmanager
def running(simulation: Simulation, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Run a simulator within this process, for tests: gives its base URL and closes it at the end."""
    server = bind(simulation, host, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    simulation.start()
    thread.start()
    try:
        yield f"http://{host}:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        simulation.close()


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator in the foreground until SIGTERM or SIGINT; return the exit code."""
    die_with_parent_if_asked(environment())
    options = _parser().parse_args(arguments)
    try:
        settings = Settings.from_env()
        simulation = Simulation(
            _account(settings),
            data=options.data,
            webhook_secrets=options.webhook_secret,
            inbound_url=options.inbound_url or settings.api_url + INBOUND_PATH,
        )
    except SettingsError as error:
        return _refuse(str(error))
    except sqlite3.DatabaseError as error:
        return _refuse(f"{options.data} cannot be used ({error}); does another simulator have it?")
    set_up_log(settings.log_level, settings.log_format, process="simulator")
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    server = bind(simulation, options.host, options.port)
    simulation.start()
    try:
        server.serve_forever()
    finally:
        server.server_close()
        simulation.close()
    return 0


def _refuse(reason: str) -> int:
    sys.stderr.write(f"simulator: {reason}\n")
    return 2


def _stop(*_: object) -> NoReturn:
    raise SystemExit(0)


def _account(settings: Settings) -> TwilioAccount:
    if not settings.twilio_account_sid or not settings.twilio_auth_token:
        raise SettingsError("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN must name the account to play")
    return TwilioAccount(
        sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        api_key=settings.twilio_api_key,
        api_secret=settings.twilio_api_secret,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m shortlink.simulator",
        description="A local stand-in for Twilio.",
        epilog="@FILE reads options from a file, one word a line: secrets on a command line show in `ps`.",
        fromfile_prefix_chars="@",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8002)
    parser.add_argument("--data", type=Path, metavar="FILE", help="keep everything in this file over restarts")
    parser.add_argument(
        "--inbound-url",
        metavar="URL",
        help=f"post messages from phones there; unless given, to {INBOUND_PATH} at SHORTLINK_API_URL",
    )
    parser.add_argument(
        "--webhook-secret",
        action="append",
        type=_secret,
        default=[],
        metavar="whsec_…",
        help="check the signatures of received callbacks with this secret; may be given several times",
    )
    return parser


def _secret(text: str) -> str:
    """Check a secret's shape; argparse names the option, and what it is given here is not repeated."""
    try:
        base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be a secret as it was shown, whsec_ and base64") from error
    return text
