"""Fairness between accounts while the carrier takes few messages a second: a real dispatcher and real workers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from shortlink.lifeline import tied
from shortlink.storage.connection import connect
from tests.factories import make_message, open_messages
from tests.waiting import wait_until

CAMPAIGN, BANK = "+818000000001", "+818000000002"
Add = Callable[[str, str, int], None]


class Carrier(ThreadingHTTPServer):
    """Takes every message and notes when, by the number that it went to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taking)
        self.taken: list[tuple[float, str]] = []

    def times(self, number: str) -> list[float]:
        return [moment for moment, recipient in self.taken if recipient == number]


class Taking(BaseHTTPRequestHandler):
    server: Carrier
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.taken.append((time.monotonic(), form["To"][0]))
        answer = {"sid": f"SM{len(self.server.taken):032x}", "status": "delivered", "error_code": None}
        body = json.dumps({"body": "", "to": "", "from": "", "error_message": None, **answer}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def carrier() -> Iterator[Carrier]:
    with Carrier() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def add(valkey_url: str, store: object) -> Add:
    messages = open_messages(connect(valkey_url))

    def put(account: str, recipient: str, count: int) -> None:
        for _ in range(count):
            message = make_message(account=account, recipient=recipient, tracked=False, report_url=None)
            messages.add(message, link_start=None, today=int(time.time() // 86400))

    return put


@contextmanager
def at_work(environment: dict[str, str], *, rate: float, workers: int) -> Iterator[None]:
    """Run a dispatcher and some workers."""
    commands = [["worker.dispatcher"], *[["worker", "messages"]] * workers]
    settings = tied({**environment, "SHORTLINK_CARRIER_RATE": str(rate)})
    with ExitStack() as running:
        for command in commands:
            process = running.enter_context(subprocess.Popen([sys.executable, "-m", *command], env=settings))
            running.callback(process.terminate)
        yield


@pytest.fixture
def settings(environment: dict[str, str], carrier: Carrier) -> dict[str, str]:
    return {**environment, "SHORTLINK_TWILIO_URL": f"http://127.0.0.1:{carrier.server_address[1]}"}


@pytest.mark.parametrize(("rate", "within_seconds"), [(1, 3.0), (5, 2.0), (40, 2.0)])
def test_a_campaign_at_a_slow_carrier_does_not_delay_another_accounts_code(
    rate: int, within_seconds: float, settings: dict[str, str], carrier: Carrier, add: Add
) -> None:
    add("SLcampaign", CAMPAIGN, 300)
    with at_work(settings, rate=rate, workers=2):
        wait_until(lambda: carrier.times(CAMPAIGN))
        for _ in range(3):
            carrier.taken.clear()
            accepted = time.monotonic()
            add("SLbank", BANK, 1)
            assert wait_until(lambda: carrier.times(BANK), within_seconds=60)[0] - accepted < within_seconds


def test_a_short_queue_keeps_a_paced_carrier_busy(settings: dict[str, str], carrier: Carrier, add: Add) -> None:
    add("SLcampaign", CAMPAIGN, 100)
    with at_work(settings, rate=20, workers=2):
        wait_until(lambda: len(carrier.taken) == 100)
    moments = sorted(carrier.times(CAMPAIGN))
    assert 0.9 * 20 < 98 / (moments[-1] - moments[1]) < 1.1 * 20
