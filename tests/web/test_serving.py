"""The doors as real processes: start, drain, crash, orphans."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from tests.waiting import wait_until
from tests.web.conftest import SMS
from tests.web.doors import PATIENCE, Door


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].startswith("Z")
    except FileNotFoundError:
        return True


# The doors do the same on macOS; what is missing there is a way to look at processes without another library.
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(),
    reason="needs /proc, which macOS lacks, to tell a dead worker from a living one",
)


def test_sigterm_finishes_the_request_in_flight(serve: Callable[..., Door], settings: Settings) -> None:
    door = serve("--door", "api")
    account = open_accounts(settings).add("Test")
    credentials = base64.b64encode(f"{account.sid}:{account.auth_token}".encode()).decode()
    body = requests.Request("POST", door.url, data=SMS).prepare().body
    assert isinstance(body, str)
    head = (
        "POST /sms/messages/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Basic {credentials}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")  # the view runs and waits for the body
        door.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not door.answers())
        connection.sendall(body.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 201")
    assert door.process.wait(PATIENCE) == 0
    out, _ = door.process.communicate()
    assert out == b""


@needs_proc
def test_killed_worker_is_replaced(serve: Callable[..., Door]) -> None:
    door = serve("--door", "api")
    (worker,) = door.workers()
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: worker not in door.workers() and len(door.workers()) == 1)
    wait_until(door.answers)
    assert door.process.poll() is None


@needs_proc
def test_workers_die_with_their_server(serve: Callable[..., Door]) -> None:
    door = serve("--door", "api", "--workers", "2")
    workers = door.workers()
    assert len(workers) == 2
    door.process.kill()
    wait_until(lambda: all(is_gone(worker) for worker in workers))
    wait_until(lambda: not door.answers())


def test_wrong_settings_are_named_and_nothing_is_served() -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SHORTLINK_")}
    for wrong in ({}, {"SHORTLINK_NONSENSE": "1"}):
        done = subprocess.run(
            [sys.executable, "-m", "shortlink.web"], env=clean | wrong, capture_output=True, timeout=60, check=False
        )
        assert (done.returncode, done.stdout) == (2, b"")
        assert (next(iter(wrong), "SHORTLINK_SECRET_KEY")).encode() in done.stderr
        assert b"Traceback" not in done.stderr
