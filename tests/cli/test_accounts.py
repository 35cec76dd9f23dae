"""`shortlink accounts …`, with a store of its own and beside a running `up`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from click.testing import Result

from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.domain.key_check import key_check
from shortlink.storage import keys
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock
from shortlink.supervisor.embedded_store import EmbeddedStore

Run = Callable[..., Result]
KEY = "a secret key of the tests, long enough"


@pytest.fixture
def running_up(directory: Path) -> Iterator[Settings]:
    """What a running `up` is to other commands: a held directory, a note and a store."""
    data = DataDirectory(directory)
    data.create()
    key = data.make_secret_key()
    lock = DirectoryLock(directory)
    lock.claim("up")
    with EmbeddedStore(directory).running() as url:
        settings = Settings.from_env({"SHORTLINK_REDIS_URL": url, "SHORTLINK_SECRET_KEY": key})
        lock.announce(key_check=key_check(settings.secret_key), redis_url=url)
        yield settings
    lock.release()


def _add(run_cli: Run, name: str = "shop", **settings: str) -> dict[str, str]:
    result = run_cli("accounts", "add", name, "--json", **settings)
    assert result.exit_code == 0, result.output
    found: dict[str, str] = json.loads(result.stdout)
    return found


def _list(run_cli: Run) -> dict[str, bool]:
    found = json.loads(run_cli("accounts", "list", "--json").stdout)
    return {account["name"]: account["disabled"] for account in found}


def test_an_added_account_is_there_at_the_next_command(run_cli: Run, directory: Path) -> None:
    new = _add(run_cli)
    assert set(new) == {"sid", "auth_token", "webhook_secret"}
    assert _list(run_cli) == {"shop": False}
    assert DirectoryLock(directory).occupant() is None


def test_commands_join_a_running_up(run_cli: Run, running_up: Settings) -> None:
    new = _add(run_cli)
    assert open_accounts(running_up).check(new["sid"], new["auth_token"])


def test_a_store_named_by_url_is_used_with_the_key_given(run_cli: Run, valkey_url: str, store: object) -> None:
    given = {"SHORTLINK_REDIS_URL": valkey_url, "SHORTLINK_SECRET_KEY": KEY}
    new = _add(run_cli, **given)
    assert open_accounts(Settings.from_env(given)).check(new["sid"], new["auth_token"])


def test_a_store_named_by_url_without_the_key_is_refused(run_cli: Run, valkey_url: str) -> None:
    result = run_cli("accounts", "list", SHORTLINK_REDIS_URL=valkey_url)
    assert result.exit_code == 2
    assert "SHORTLINK_SECRET_KEY is not set" in result.stderr


def test_another_key_than_that_of_the_running_up_is_refused(run_cli: Run, running_up: Settings) -> None:
    result = run_cli("accounts", "add", "shop", SHORTLINK_SECRET_KEY=KEY)
    assert result.exit_code == 2
    assert "runs with another SHORTLINK_SECRET_KEY" in result.stderr
    assert open_accounts(running_up).list() == []


def test_a_store_that_is_away_is_said_in_a_sentence(run_cli: Run, directory: Path) -> None:
    result = run_cli("accounts", "list", SHORTLINK_REDIS_URL=f"unix://{directory}/nowhere", SHORTLINK_SECRET_KEY=KEY)
    assert result.exit_code == 1
    assert result.stderr.startswith("shortlink: the store cannot be used now")
    assert result.stderr.endswith(f"SHORTLINK_REDIS_URL says that it is at {directory}/nowhere\n")
    login = {"SHORTLINK_REDIS_URL": "redis://user:password@127.0.0.1:9/0", "SHORTLINK_SECRET_KEY": KEY}
    told = run_cli("accounts", "list", **login).stderr
    assert ("at 127.0.0.1:9\n" in told, "password" in told) == (True, False)


def test_rotating_ends_the_old_token(run_cli: Run, running_up: Settings) -> None:
    old = _add(run_cli)
    new = json.loads(run_cli("accounts", "rotate", old["sid"], "--json").stdout)
    desk = open_accounts(running_up)
    assert not desk.check(old["sid"], old["auth_token"])
    assert desk.check(old["sid"], new["auth_token"])


def test_rotating_the_secret_keeps_the_token(run_cli: Run, running_up: Settings) -> None:
    old = _add(run_cli)
    new = json.loads(run_cli("accounts", "rotate", old["sid"], "--secret", "--json").stdout)
    desk = open_accounts(running_up)
    assert desk.check(old["sid"], old["auth_token"])
    assert new["webhook_secret"] == desk.secret(old["sid"]) != old["webhook_secret"]


def test_the_rotated_demo_token_is_shown_by_the_next_up(run_cli: Run, running_up: Settings, directory: Path) -> None:
    demo = _add(run_cli, "demo")
    data = DataDirectory(directory)
    data.keep_demo_account(sid=demo["sid"], auth_token=demo["auth_token"])
    new = json.loads(run_cli("accounts", "rotate", demo["sid"], "--json").stdout)
    assert data.demo_account() == {"sid": demo["sid"], "auth_token": new["auth_token"]}


def test_a_closed_account_opens_again(run_cli: Run, running_up: Settings) -> None:
    new = _add(run_cli)
    run_cli("accounts", "disable", new["sid"])
    assert _list(run_cli) == {"shop": True}
    run_cli("accounts", "enable", new["sid"])
    assert _list(run_cli) == {"shop": False}


@pytest.mark.parametrize(
    "words", [("rotate",), ("rotate", "--secret"), ("disable",), ("enable",), ("set", "--send-rate", "1")]
)
def test_an_unknown_account_is_said_in_a_sentence(run_cli: Run, running_up: Settings, words: tuple[str, ...]) -> None:
    result = run_cli("accounts", *words, "SLnobody")
    assert result.exit_code == 1
    assert result.stderr == "shortlink: there is no account SLnobody; `shortlink accounts list` shows them all\n"


def test_people_get_a_table(run_cli: Run, running_up: Settings) -> None:
    assert "No accounts yet" in run_cli("accounts", "list").stdout
    new = _add(run_cli, "Big [red] shop")
    table = run_cli("accounts", "list").stdout
    assert new["sid"] in table
    assert "Big [red] shop" in table


def test_the_table_calls_a_term_as_the_option_that_sets_it(run_cli: Run, running_up: Settings) -> None:
    _add(run_cli, "shop")
    head, row = (line.split() for line in run_cli("accounts", "list").stdout.splitlines() if line.strip(" ─"))
    assert (head[-1], row[-1]) == ("Unconfirmed", "resend")


def test_a_wrong_setting_is_named_before_anything_is_made(run_cli: Run, directory: Path) -> None:
    result = run_cli("accounts", "list", SHORTLINK_LINK_TTL="90")
    assert result.exit_code == 2
    assert "SHORTLINK_LINK_TTL is not a setting" in result.stderr
    assert not directory.exists()


def _terms(run_cli: Run) -> tuple[float | None, float | None, str]:
    (account,) = json.loads(run_cli("accounts", "list", "--json").stdout)
    return account["send_rate"], account["list_rate"], account["unconfirmed"]


def test_terms_are_set_one_by_one_and_back_to_the_default(run_cli: Run, running_up: Settings) -> None:
    sid = _add(run_cli)["sid"]
    assert _terms(run_cli) == (None, None, "resend")
    assert run_cli("accounts", "set", sid, "--send-rate", "2.5", "--unconfirmed", "hold").exit_code == 0
    assert _terms(run_cli) == (2.5, None, "hold")
    run_cli("accounts", "set", sid, "--send-rate", "default", "--list-rate", "0")
    assert _terms(run_cli) == (None, 0.0, "hold")
    shown = run_cli("accounts", "list").stdout
    assert all(word in shown for word in ("default", "no limit", "hold"))


def test_an_account_is_added_with_its_terms(run_cli: Run, running_up: Settings) -> None:
    words = ("--send-rate", "100", "--list-rate", "default", "--unconfirmed", "hold")
    assert run_cli("accounts", "add", "shop", *words).exit_code == 0
    assert _terms(run_cli) == (100.0, None, "hold")


def test_setting_terms_keeps_the_token(run_cli: Run, running_up: Settings) -> None:
    new = _add(run_cli)
    run_cli("accounts", "set", new["sid"], "--send-rate", "1")
    assert open_accounts(running_up).check(new["sid"], new["auth_token"])


@pytest.mark.parametrize(
    "words", [(), ("--send-rate", "-1"), ("--send-rate", "fast"), ("--list-rate", "nan"), ("--unconfirmed", "maybe")]
)
def test_terms_that_make_no_sense_are_a_usage_error(run_cli: Run, running_up: Settings, words: tuple[str, ...]) -> None:
    sid = _add(run_cli)["sid"]
    assert run_cli("accounts", "set", sid, *words).exit_code == 2
    assert _terms(run_cli) == (None, None, "resend")


def test_a_mistyped_directory_is_named_and_not_made(run_cli: Run, directory: Path) -> None:
    done = run_cli("accounts", "list")
    assert done.exit_code != 0
    assert "there is no installation in" in done.stderr
    assert not directory.exists()


def test_an_account_needs_a_name(run_cli: Run) -> None:
    done = run_cli("accounts", "add", " ")
    assert done.exit_code == 2
    assert "NAME" in done.stderr


@pytest.mark.parametrize("name", ["shop\nshop2", "shop\r", "\x1b[31mshop", "shop\x00", "shop\u2028", "\u202eshop"])
def test_a_name_that_would_disturb_a_terminal_is_refused(run_cli: Run, given: dict[str, str], name: str) -> None:
    result = run_cli("accounts", "add", name, **given)
    assert (result.exit_code, "control characters" in result.stderr) == (2, True)
    assert "shop" not in run_cli("accounts", "list", **given).stdout


def test_an_account_that_cannot_be_read_is_named_beside_the_others(
    run_cli: Run, given: dict[str, str], store: redis.Redis
) -> None:
    _add(run_cli, "well", **given)
    broken = _add(run_cli, "broken", **given)["sid"]
    store.hset(keys.account(broken), "created_at", "today")
    shown = run_cli("accounts", "list", **given)
    assert shown.exit_code == 1
    assert "well" in shown.stdout
    assert f"{broken} cannot be read: its field created_at" in shown.stderr
    well, damaged = json.loads(run_cli("accounts", "list", "--json", **given).stdout)
    assert (well["name"], well["damage"]) == ("well", None)
    assert (damaged["sid"], damaged["name"]) == (broken, None)
    assert "created_at" in damaged["damage"]


def test_an_account_is_closed_whatever_else_of_it_is_damaged(
    run_cli: Run, given: dict[str, str], store: redis.Redis
) -> None:
    broken = _add(run_cli, "broken", **given)["sid"]
    store.hdel(keys.account(broken), "name")
    assert run_cli("accounts", "disable", broken, **given).exit_code == 0
    changed = run_cli("accounts", "rotate", broken, "--secret", **given)
    assert changed.exit_code == 1
    assert "its field name is missing" in changed.stderr
