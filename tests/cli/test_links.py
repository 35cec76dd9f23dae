"""`shortlink links …`."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import redis
from click.testing import Result

from shortlink.bootstrap.operations import Inspection
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.message import Message
from shortlink.storage import keys
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


HASH_DAMAGES: dict[str, Callable[[redis.Redis, str], object]] = {
    "its text is gone": lambda store, name: store.hdel(name, "t"),
    "its account is gone": lambda store, name: store.hdel(name, "a"),
    "its end is gone": lambda store, name: store.hdel(name, "x"),
    "its end is garbled": lambda store, name: store.hset(name, "x", "some day"),
    "its time is garbled": lambda store, name: store.hset(name, "A", "yesterday"),
    "its sender is no text": lambda store, name: store.hset(name, "f", b"\xff\xfe"),
}


@pytest.mark.parametrize("damage", HASH_DAMAGES.values(), ids=HASH_DAMAGES)
@pytest.mark.parametrize("name", [lambda m: m.id, lambda m: m.code, lambda m: f"{LINK_URL}/{m.code}"])
def test_a_link_is_switched_off_whatever_else_is_damaged(
    run_cli: Run,
    given: dict[str, str],
    here: Inspection,
    store: redis.Redis,
    accept: Accept,
    name: Callable[[Message], str],
    damage: Callable[[redis.Redis, str], object],
) -> None:
    message = accept(here)
    damage(store, keys.record(message.code))
    off = run_cli("links", "disable", name(message), **given | {"SHORTLINK_LINK_URL": LINK_URL})
    assert off.stdout.startswith(f"The link of {message.code} is off. Its record is damaged otherwise: ")
    assert (off.exit_code, message.recipient in off.output) == (0, False)
    assert tap(here, message) is Standing.GONE


def test_a_damaged_link_that_is_switched_is_told_to_programs_by_its_code(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept
) -> None:
    message = accept(here)
    store.hdel(keys.record(message.code), "f")
    off = run_cli("links", "disable", message.code, "--json", **given)
    assert json.loads(off.stdout) == {
        "msgid": None,
        "account": None,
        "shortlink": None,
        "disabled": True,
        "code": message.code,
        "damage": "its field 'f' is missing",
    }


def test_a_damaged_link_on_another_host_is_asked_for_by_its_code(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept
) -> None:
    message = accept(here)
    store.hdel(keys.record(message.code), "t")
    refused = run_cli("links", "disable", f"https://old.example/{message.code}", **given)
    assert (refused.exit_code, f"name {message.code} alone" in refused.stderr) == (1, True)
    assert run_cli("links", "disable", message.code, **given).exit_code == 0


def test_a_record_that_is_no_hash_is_told_as_that(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept
) -> None:
    message = accept(here)
    store.set(keys.record(message.code), "no hash")
    refused = run_cli("links", "disable", message.code, **given)
    assert refused.exit_code == 1
    assert refused.stderr.endswith(f"shortlink: the record of {message.code} cannot be read: it is no hash\n")
