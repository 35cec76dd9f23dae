"""`shortlink check`: what is there, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from shortlink.bootstrap import build
from shortlink.config import Settings

Run = Callable[..., Result]


@pytest.fixture
def given(valkey_url: str, store: object) -> dict[str, str]:
    return {"SHORTLINK_REDIS_URL": valkey_url, "SHORTLINK_SECRET_KEY": "a secret key of the tests, long enough"}


def test_it_says_who_is_missing(run_cli: Run, given: dict[str, Any]) -> None:
    build(Settings.from_env(given)).presence.report("dispatcher")
    result = run_cli("check", "--json", **given)
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["store"] == found["dispatcher"] == "ok"
    assert "no worker-messages was seen" in found["worker-messages"]


def test_it_looks_at_the_named_parts_alone(run_cli: Run, given: dict[str, Any]) -> None:
    build(Settings.from_env(given)).presence.report("dispatcher")
    result = run_cli("check", "store", "dispatcher", **given)
    assert (result.exit_code, result.stdout) == (0, "store            ok\ndispatcher       ok\n")
    assert run_cli("check", "worker-callbacks", **given).exit_code == 1


def test_a_recorder_is_looked_for_when_asked_and_missed_by_nobody_else(run_cli: Run, given: dict[str, Any]) -> None:
    result = run_cli("check", "recorder", **given)
    assert (result.exit_code, "no recorder was seen" in result.stdout) == (1, True)
    build(Settings.from_env(given)).presence.report("recorder")
    assert run_cli("check", "recorder", **given).stdout == "recorder         ok\n"
    assert "recorder" not in json.loads(run_cli("check", "--json", **given).stdout)


def test_a_store_that_is_away_is_a_finding_not_a_fault(run_cli: Run, given: dict[str, Any]) -> None:
    result = run_cli("check", "store", **given | {"SHORTLINK_REDIS_URL": "unix:///nowhere/at/all"})
    assert result.exit_code == 1
    assert result.stdout.startswith("store            the store cannot be used now")


def test_a_part_that_does_not_exist_is_refused(run_cli: Run, given: dict[str, Any]) -> None:
    result = run_cli("check", "storage", **given)
    assert result.exit_code == 2
    assert "no part is called storage" in result.stderr
