"""`shortlink links …`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import Result

from shortlink.bootstrap import Inspection
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.message import Message
from shortlink.storage.links import Standing
from tests.factories import LINK_URL, make_message

Run = Callable[..., Result]
Accept = Callable[..., Message]


def tap(here: Inspection, message: Message) -> Standing:
    judgement = Judgement(verdict=Verdict.HUMAN, rule="t")
    return here.links.follow(message.code, judgement, spends=True, callback_ms=0).standing


@pytest.mark.parametrize(
    "name", [lambda m: m.id, lambda m: m.code, lambda m: f"{LINK_URL}/{m.code}", lambda m: f"sl.test/{m.code}/"]
)
def test_the_next_tap_sees_the_switch(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept, name: Callable[[Message], str]
) -> None:
    message = accept(here)
    off = run_cli("links", "disable", name(message), **given)
    assert (off.exit_code, off.stdout) == (0, f"{LINK_URL}/{message.code} of account {message.account} is off.\n")
    assert tap(here, message) is Standing.GONE
    on = run_cli("links", "enable", name(message), "--json", **given)
    assert json.loads(on.stdout)["disabled"] is False
    entries = here.inspector.events(message.id[0])
    assert [(entry.value, entry.detail) for entry in entries if entry.value in ("off", "on")] == [
        ("off", "cli"),
        ("on", "cli"),
    ]
    assert tap(here, message) is Standing.LIVE


@pytest.mark.parametrize(
    "host", ["http://other.example", "other.example", "https://sl.test.example", "http://u@sl.test"]
)
def test_an_address_on_another_host_is_none_of_ours(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept, host: str
) -> None:
    message = accept(here)
    refused = run_cli("links", "disable", f"{host}/{message.code}", **given)
    assert (refused.exit_code, "on another host" in refused.stderr) == (1, True)
    assert tap(here, message) is Standing.LIVE


def test_an_address_on_the_host_that_links_have_now_is_ours(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept
) -> None:
    moved = given | {"SHORTLINK_LINK_URL": "https://new.example"}
    assert run_cli("links", "disable", f"https://NEW.example/{accept(here).code}", **moved).exit_code == 0


@pytest.mark.parametrize("name", ["nothing12", "", "/", "a7" + "x" * 30, "https://sl.test/"])
def test_what_is_not_there_is_said_in_a_sentence(run_cli: Run, given: dict[str, str], name: str) -> None:
    result = run_cli("links", "disable", name, **given)
    assert result.exit_code == 1
    assert result.stderr == "shortlink: there is no message or short link of that name\n"


def test_a_message_id_must_be_right_as_a_whole(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept
) -> None:
    message = accept(here)
    wrong = message.id[:-1] + ("a" if message.id[-1] != "a" else "b")
    assert run_cli("links", "disable", wrong, **given).exit_code == 1
    assert tap(here, message) is Standing.LIVE


def test_a_message_without_a_link_has_nothing_to_switch(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept
) -> None:
    message = accept(here, make_message(tracked=False))
    result = run_cli("links", "disable", message.id, **given)
    assert result.exit_code == 1
    assert "has no short link" in result.stderr
