"""Both doors on Python's own event loop, as they run where uvloop cannot be installed."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.domain.message import Message
from tests.redirect.conftest import PHONE
from tests.waiting import wait_until
from tests.web.conftest import SMS
from tests.web.doors import PATIENCE, Door


@pytest.fixture
def without_uvloop(tmp_path: Path) -> dict[str, str]:
    """The variables of a process that finds no uvloop."""
    (tmp_path / "uvloop.py").write_text('raise ImportError("left out")\n')
    variables = {"PYTHONPATH": str(tmp_path)}
    tried = subprocess.run(
        [sys.executable, "-c", "import uvloop"], check=False, env=os.environ | variables, capture_output=True
    )
    assert b"left out" in tried.stderr, "or the doors would be tested with it"
    return variables


@pytest.fixture
def serve(link_settings: Settings, without_uvloop: dict[str, str]) -> Iterator[Callable[..., Door]]:
    doors: list[Door] = []

    def start(module: str, *arguments: str) -> Door:
        doors.append(Door(link_settings, *arguments, module=module, **without_uvloop))
        wait_until(doors[-1].answers)
        return doors[-1]

    yield start
    for door in doors:
        door.process.kill()
        door.process.communicate()


def test_the_redirect_door_leads_taps_on(serve: Callable[..., Door], tracked: Message) -> None:
    door = serve("shortlink.redirect")
    line = http.client.HTTPConnection("127.0.0.1", door.port, timeout=PATIENCE)
    for _ in range(3):  # on one connection
        line.request("GET", f"/{tracked.code}", headers={"User-Agent": PHONE})
        answer = line.getresponse()
        answer.read()
        assert tracked.link is not None
        assert (answer.status, answer.getheader("Location")) == (302, tracked.link.link)
    line.close()
    assert _ends_quietly(door)


def test_the_api_door_accepts_messages(serve: Callable[..., Door], link_settings: Settings) -> None:
    door = serve("shortlink.web", "--door", "api")
    account = open_accounts(link_settings).add("Test")
    credentials = account.sid, account.auth_token
    accepted = requests.post(f"{door.url}/sms/messages/", data=SMS, auth=credentials, timeout=PATIENCE)
    assert accepted.status_code == 201
    (message,) = accepted.json()
    status = requests.get(f"{door.url}/sms/messages/{message['msgid']}", auth=credentials, timeout=PATIENCE)
    assert status.json()["status"] == "QUEUED"
    assert _ends_quietly(door)


def _ends_quietly(door: Door) -> bool:
    door.process.send_signal(signal.SIGTERM)
    out, told = door.process.communicate(timeout=PATIENCE)
    return (door.process.returncode, out, b"Traceback" in told) == (0, b"", False)
