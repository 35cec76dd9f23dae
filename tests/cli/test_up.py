"""`shortlink up`: the whole service as real processes."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import requests
from click.testing import Result

from tests.cli.conftest import ANY_PORTS, Up
from tests.supervisor.processes import descendants, end, lives
from tests.waiting import wait_until

StartUp = Callable[..., Up]


def _ports(ready: dict[str, Any]) -> list[str]:
    port, link, simulator = (str(urlsplit(ready[name]).port) for name in ("api_url", "link_url", "simulator_url"))
    return ["--port", port, "--link-port", link, "--simulator-port", simulator]


def _status(url: str) -> int:
    try:
        return requests.get(url, timeout=5).status_code
    except requests.RequestException:
        return 0


@pytest.fixture(scope="module")
def services(start_up: StartUp, module_directory: Path) -> list[tuple[Up, dict[str, Any]]]:
    """The services that ran on the directory of this module: who ends the last one leaves its successor here."""
    up = start_up(module_directory, *ANY_PORTS, "--durable")
    return [(up, up.ready())]


@pytest.fixture
def service(services: list[tuple[Up, dict[str, Any]]]) -> tuple[Up, dict[str, Any]]:
    """A service that tests share."""
    return services[-1]


def test_the_ready_line_comes_when_all_of_it_works(service: tuple[Up, dict[str, Any]]) -> None:
    _, ready = service
    assert set(ready) == {
        "ready", "api_url", "link_url", "simulator_url", "sid", "auth_token", "webhook_secret",
        "twilio_account_sid", "twilio_auth_token", "redis_url",
    }  # fmt: skip
    assert _status(f"{ready['api_url']}/readyz") == 200
    assert _status(f"{ready['link_url']}/healthz") == 200
    assert _status(f"{ready['simulator_url']}/handset/") == 200


def test_durable_means_that_every_write_reaches_the_disk_first(service: tuple[Up, dict[str, Any]]) -> None:
    _, ready = service
    with redis.Redis.from_url(ready["redis_url"], decode_responses=True) as client:
        assert client.config_get("appendfsync") == {"appendfsync": "always"}


def test_the_demo_account_opens_the_api(service: tuple[Up, dict[str, Any]]) -> None:
    _, ready = service
    url = f"{ready['api_url']}/sms/messages/"
    assert requests.get(url, auth=(ready["sid"], ready["auth_token"]), timeout=5).status_code == 200
    assert requests.get(url, auth=(ready["sid"], "wrong"), timeout=5).status_code == 401


def test_an_account_added_meanwhile_opens_the_api(
    service: tuple[Up, dict[str, Any]], run_cli: Callable[..., Result], module_directory: Path
) -> None:
    _, ready = service
    new = json.loads(run_cli("accounts", "add", "shop", "--json", "--data", str(module_directory)).stdout)
    answer = requests.get(f"{ready['api_url']}/sms/messages/", auth=(new["sid"], new["auth_token"]), timeout=5)
    assert answer.status_code == 200


def test_a_second_up_on_the_directory_is_refused(
    service: tuple[Up, dict[str, Any]], start_up: StartUp, module_directory: Path
) -> None:
    up, ready = service
    second = start_up(module_directory)
    assert second.process.wait(20) == 1
    assert f"in use by `shortlink up` with process id {up.process.pid}" in second.log
    assert _status(f"{ready['api_url']}/readyz") == 200


def test_every_killed_process_comes_back(service: tuple[Up, dict[str, Any]]) -> None:
    up, ready = service
    for child in _children(up.process.pid):
        end(child)
    wait_until(lambda: up.log.count("was ended by SIGKILL; starting it again") >= 7)
    wait_until(lambda: _status(f"{ready['api_url']}/readyz") == 200, within_seconds=60)
    url = f"{ready['api_url']}/sms/messages/"
    assert requests.get(url, auth=(ready["sid"], ready["auth_token"]), timeout=5).status_code == 200


def _children(pid: int) -> set[int]:
    """The processes that `up` itself has started."""
    return {child for child in descendants(pid) if child not in set().union(*map(descendants, descendants(pid)))}


def test_sigterm_ends_everything_and_the_next_start_finds_its_data(
    services: list[tuple[Up, dict[str, Any]]], start_up: StartUp, module_directory: Path
) -> None:
    up, ready = services[-1]
    family = descendants(up.process.pid)
    assert up.stop() == 0
    assert [pid for pid in family if lives(pid)] == []
    assert not (module_directory / "valkey.sock").exists()
    again = start_up(module_directory, *_ports(ready))
    assert again.ready() == ready
    services.append((again, ready))


def test_all_follow_a_killed_up_and_the_next_one_starts_cleanly(
    service: tuple[Up, dict[str, Any]], start_up: StartUp, module_directory: Path
) -> None:
    up, ready = service
    family = descendants(up.process.pid)
    assert len(family) >= 7
    up.process.kill()
    up.process.wait()
    again = start_up(module_directory, *_ports(ready))
    assert again.ready() == ready
    assert [pid for pid in family if lives(pid)] == []
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(10) == 0


def test_messages_that_wait_for_one_carrier_keep_another_from_starting(start_up: StartUp, directory: Path) -> None:
    away = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "SHORTLINK_TWILIO_URL": "http://127.0.0.1:1"}
    first = start_up(directory, **away)
    ready = first.ready()
    sms = {"recipient": "+818011234567", "sender": "shop", "message": "Hi"}
    url, account = f"{ready['api_url']}/sms/messages/", (ready["sid"], ready["auth_token"])
    assert requests.post(url, auth=account, data=sms, timeout=5).status_code == 201
    assert first.stop() == 0
    second = start_up(directory)
    assert second.process.wait(20) == 1
    assert "1 message waits that was accepted for Twilio's account AC1" in second.log
    assert start_up(directory, *ANY_PORTS, "--hand-over").ready()["sid"] == ready["sid"]


def test_ctrl_c_while_starting_ends_everything(start_up: StartUp, directory: Path) -> None:
    up = start_up(directory)
    wait_until(lambda: len(descendants(up.process.pid)) >= 5)
    family = descendants(up.process.pid)
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(10) == 0
    assert [pid for pid in family if lives(pid)] == []


def test_a_taken_port_is_named_before_anything_starts(start_up: StartUp, directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        up = start_up(directory, *ANY_PORTS, "--simulator-port", str(number))
        assert up.process.wait(20) == 1
    assert up.log.strip().endswith("choose another one with --simulator-port")
    assert "store" not in up.log


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SHORTLINK_LINK_TTL_DAYS": "ninety"}, "SHORTLINK_LINK_TTL_DAYS must be a whole number"),
        ({"SHORTLINK_COLOUR": "red"}, "SHORTLINK_COLOUR is not a setting"),
        ({"TWILIO_ACCOUNT_SID": "AC1"}, "TWILIO_ACCOUNT_SID is set, but TWILIO_AUTH_TOKEN is not"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_is_made(
    start_up: StartUp, directory: Path, settings: dict[str, str], said: str
) -> None:
    up = start_up(directory, **settings)
    assert up.process.wait(20) == 2
    assert said in up.log
    assert not directory.exists()


def test_help_needs_neither_the_service_nor_its_libraries() -> None:
    heavy = {"rich", "redis", "flask", "twilio", "rq"}
    text = f"import sys; from shortlink.cli import main; sys.exit(str(sorted({heavy} & set(sys.modules))))"
    found = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert found.stderr == "[]\n"
