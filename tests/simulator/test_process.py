"""The simulator as a process: starts from its settings, keeps its file, stops when asked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from shortlink.lifeline import tied
from shortlink.simulator.account import TwilioAccount
from tests.simulator.rig import Simulator
from tests.supervisor.processes import end
from tests.supervisor.starter import Starter
from tests.waiting import wait_until

ACCOUNT = TwilioAccount(sid="AC0123456789abcdef0123456789abcdef", auth_token="token")
COMMAND = [sys.executable, "-m", "shortlink.simulator"]
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("SHORTLINK_", "TWILIO_"))},
    "TWILIO_ACCOUNT_SID": ACCOUNT.sid,
    "TWILIO_AUTH_TOKEN": ACCOUNT.auth_token,
}


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def started(port: int, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*COMMAND, "--port", str(port), "--data", str(data)], env=tied(ENVIRONMENT))
    try:
        wait_until(lambda: healthy(port))
        yield process
    finally:
        process.kill()
        process.wait()


def healthy(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200
    except requests.ConnectionError:
        return False


def test_killed_simulator_comes_back_with_its_messages(tmp_path: Path, port: int) -> None:
    data = tmp_path / "simulator.sqlite3"
    simulator = Simulator(f"http://127.0.0.1:{port}", ACCOUNT)
    with started(port, data) as process:
        sid = simulator.send()["sid"]
        process.kill()
        process.wait()
    with started(port, data):
        wait_until(lambda: set(simulator.told()) == {"sending", "sent", "delivered"})
        assert simulator.fetch(sid)["status"] == "delivered"


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_simulator_ends_cleanly_when_asked(tmp_path: Path, port: int, ending: int) -> None:
    with started(port, tmp_path / "simulator.sqlite3") as process:
        process.send_signal(ending)
        assert process.wait(timeout=10) == 0


def test_simulator_outlives_the_script_that_put_it_in_the_background(port: int) -> None:
    script = Starter([*COMMAND, "--port", str(port)], ENVIRONMENT, ties=False)
    try:
        wait_until(lambda: healthy(port))
        script.leave()
        assert healthy(port)
    finally:
        end(script.pid)


def refused(*options: str, **environment: str | None) -> str:
    """Start a simulator that should not start, and return what it says."""
    given = {name: value for name, value in (ENVIRONMENT | environment).items() if value is not None}
    command = [*COMMAND, "--port", "0", *options]
    ended = subprocess.run(command, env=given, capture_output=True, check=False, text=True, timeout=30)
    assert ended.returncode == 2
    return ended.stderr


def test_second_simulator_on_the_same_file_is_refused(tmp_path: Path, port: int) -> None:
    data = tmp_path / "simulator.sqlite3"
    with started(port, data):
        assert "does another simulator have it?" in refused("--data", str(data))


def test_wrong_settings_are_named() -> None:
    assert "SHORTLINK_UNKNOWN is not a setting" in refused(SHORTLINK_UNKNOWN="1")


def test_account_has_to_be_named() -> None:
    words = "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
    assert words in refused(TWILIO_ACCOUNT_SID=None, TWILIO_AUTH_TOKEN=None)


def test_malformed_webhook_secret_is_named() -> None:
    told = refused("--webhook-secret", "whsec_%%%")
    assert "--webhook-secret: must be a secret as it was shown, whsec_ and base64" in told
    assert "%%%" not in told


def test_options_are_read_from_a_file_too(tmp_path: Path) -> None:
    (options := tmp_path / "options").write_text("--webhook-secret\nwhsec_%%%\n")
    assert "--webhook-secret" in refused(f"@{options}")
