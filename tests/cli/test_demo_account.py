"""The account that `shortlink up` shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from shortlink.bootstrap.operations import open_accounts
from shortlink.cli.demo_account import open_demo_account, rotate_command
from shortlink.cli.options import USUAL_DATA
from shortlink.config import Settings
from shortlink.storage import keys
from shortlink.supervisor.data_directory import DataDirectory


@pytest.fixture
def settings(given: dict[str, str]) -> Settings:
    return Settings.from_env(given)


def test_it_is_made_once(data: DataDirectory, settings: Settings) -> None:
    first = open_demo_account(data, settings)
    assert open_accounts(settings).check(first.sid, str(first.auth_token))
    assert open_demo_account(data, settings) == first


def test_it_stays_when_its_owner_replaced_the_token(data: DataDirectory, settings: Settings) -> None:
    first = open_demo_account(data, settings)
    new = open_accounts(settings).rotate_token(first.sid)
    again = open_demo_account(data, settings)
    assert (again.sid, again.auth_token, again.webhook_secret) == (first.sid, None, first.webhook_secret)
    assert open_accounts(settings).check(first.sid, new)
    assert len(open_accounts(settings).list()) == 1


def test_one_that_was_disabled_is_shown_and_no_other_made(data: DataDirectory, settings: Settings) -> None:
    first = open_demo_account(data, settings)
    open_accounts(settings).disable(first.sid)
    assert open_demo_account(data, settings) == first
    assert len(open_accounts(settings).list()) == 1


def test_one_that_cannot_be_read_is_shown_and_no_other_made(
    data: DataDirectory, settings: Settings, store: redis.Redis
) -> None:
    first = open_demo_account(data, settings)
    store.hdel(keys.account(first.sid), "name")
    again = open_demo_account(data, settings)
    assert (again.sid, again.auth_token, again.webhook_secret) == (first.sid, None, first.webhook_secret)
    assert data.demo_account()["auth_token"] == first.auth_token
    assert len(open_accounts(settings).damaged()) == 1


def test_an_emptied_store_gets_a_new_one(data: DataDirectory, settings: Settings) -> None:
    data.keep_demo_account(sid="SLgone", auth_token="slk_gone")
    assert open_demo_account(data, settings).sid != "SLgone"


def test_one_that_tries_things_out_has_no_limits(data: DataDirectory, settings: Settings) -> None:
    made = open_demo_account(data, settings)
    account = open_accounts(settings).get(made.sid)
    assert (made.unlimited, account.send_rate, account.list_rate) == (True, 0, 0)


def test_one_whose_messages_are_real_has_the_limits_of_all(data: DataDirectory, settings: Settings) -> None:
    made = open_demo_account(data, settings, real=True)
    account = open_accounts(settings).get(made.sid)
    assert (made.unlimited, account.send_rate, account.list_rate) == (False, None, None)


def test_one_that_was_made_without_limits_keeps_them_and_says_so(data: DataDirectory, settings: Settings) -> None:
    made = open_demo_account(data, settings)
    assert open_demo_account(data, settings, real=True).unlimited
    open_accounts(settings).change(made.sid, send_rate=5)
    assert not open_demo_account(data, settings, real=True).unlimited


def test_the_usual_directory_needs_no_name() -> None:
    assert rotate_command("SL1", DataDirectory(USUAL_DATA).path) == "shortlink accounts rotate SL1"
    assert rotate_command("SL1", Path("/srv/data")) == "shortlink accounts rotate SL1 --data /srv/data"
