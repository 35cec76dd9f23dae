"""Which settings each process gets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shortlink.cli.addresses import Addresses
from shortlink.cli.processes import reaches_people, service_children, service_environment, simulator_environment
from shortlink.config import Settings
from shortlink.supervisor.child import ChildSpec
from shortlink.supervisor.data_directory import DataDirectory

ADDRESSES = Addresses(host="127.0.0.1", port=8000, link_port=8001, simulator_port=8002)
ACCOUNT = ("AC" + "1" * 32, "simulated")
KEY = "k" * 32


def _environment(**given: str) -> dict[str, str]:
    return service_environment(
        given,
        addresses=ADDRESSES,
        redis_url="unix:///s?db=0",
        secret_key=KEY,
        spool=Path("/data/spool"),
        archive=Path("/data/archive"),
        simulator_account=ACCOUNT,
    )


def _children() -> list[ChildSpec]:
    return service_children(ADDRESSES, DataDirectory(Path("/data")), service={}, simulator={})


def test_the_gaps_are_filled_so_that_everything_works_here() -> None:
    settings = Settings.from_env(_environment())
    assert (settings.redis_url, settings.secret_key) == ("unix:///s?db=0", KEY)
    assert (settings.api_url, settings.link_url) == ("http://127.0.0.1:8000", "http://127.0.0.1:8001")
    assert settings.spool_dir == Path("/data/spool")
    assert settings.archive_dir == Path("/data/archive")
    assert settings.twilio_url == "http://127.0.0.1:8002"
    assert (settings.twilio_account_sid, settings.twilio_auth_token) == ACCOUNT
    assert [str(network) for network in settings.callback_allow] == ["127.0.0.0/8", "::1/128"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SHORTLINK_REDIS_URL", "redis://store.example.com/0"),
        ("SHORTLINK_API_URL", "https://sms.example.com"),
        ("SHORTLINK_LINK_URL", "https://x.example.com"),
        ("SHORTLINK_SECRET_KEY", "g" * 40),
        ("SHORTLINK_TWILIO_URL", "http://127.0.0.1:4010"),
        ("SHORTLINK_SPOOL_DIR", "/var/spool/shortlink"),
        ("SHORTLINK_ARCHIVE_DIR", "/var/lib/shortlink"),
        ("SHORTLINK_CALLBACK_ALLOW", "10.0.0.0/8"),
        ("SHORTLINK_CALLBACK_ALLOW", ""),
    ],
)
def test_what_the_user_gives_wins(name: str, value: str) -> None:
    assert _environment(**{name: value})[name] == value


def test_an_empty_account_counts_as_none() -> None:
    assert _environment(TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="")["TWILIO_ACCOUNT_SID"] == ACCOUNT[0]


def test_a_twilio_account_goes_to_twilio_and_never_to_the_simulator() -> None:
    given = {"TWILIO_ACCOUNT_SID": "ACmine", "TWILIO_AUTH_TOKEN": "t", "TWILIO_API_KEY": "SK", "TWILIO_API_SECRET": "s"}
    service = _environment(**given)
    assert {name: service[name] for name in given} == given
    assert "SHORTLINK_TWILIO_URL" not in service
    simulator = simulator_environment(service, ACCOUNT)
    assert {value for name, value in simulator.items() if name.startswith("TWILIO_")} == set(ACCOUNT)


def test_those_who_use_others_are_stopped_first() -> None:
    children = _children()
    phases = {child.name: child.stop_phase for child in children}
    works = dict.fromkeys(("web", "redirect", "dispatcher", "messages", "callbacks", "recorder", "webhooks"), 0)
    assert phases == works | {"simulator": 1}
    assert max(child.stop_seconds for child in children) < 9


def test_every_process_is_a_module_started_by_this_python() -> None:
    commands = {child.name: child.command for child in _children()}
    assert all(command[:2] == (sys.executable, "-m") for command in commands.values())
    assert commands["redirect"][2:] == ("shortlink.redirect", "--host", "127.0.0.1", "--port", "8001")
    assert commands["simulator"][-3:] == ("--data", "/data/simulator.sqlite3", "@/data/simulator_options")


def test_no_secret_shows_on_a_command_line() -> None:
    words = [word for child in _children() for word in child.command]
    assert not [word for word in words if word.startswith(("whsec_", "slk_"))]


@pytest.mark.parametrize(
    ("url", "costs"),
    [
        (None, True),
        ("https://api.twilio.com", True),
        ("https://api.dublin.ie1.twilio.com", True),
        ("http://127.0.0.1:4010", False),
        ("https://twilio.com.test", False),
    ],
)
def test_messages_are_real_where_twilio_itself_takes_them(url: str | None, costs: bool) -> None:
    where = {"SHORTLINK_TWILIO_URL": url} if url else {}
    assert reaches_people({"TWILIO_ACCOUNT_SID": "AC1", **where}) is costs
    assert not reaches_people(where)
