"""`shortlink check`: what is there, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import redis
from click.testing import Result

from shortlink.bootstrap.doors import build
from shortlink.config import Settings
from shortlink.storage import keys
from shortlink.use_cases.check_readiness import check_readiness

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
    assert "worker-callbacks, recorder, webhooks" in result.stderr


def test_a_part_that_was_stopped_is_told_at_once_while_readiness_leaves_time_for_its_restart(
    run_cli: Run, given: dict[str, Any]
) -> None:
    presence = build(Settings.from_env(given)).presence
    for role in ("dispatcher", "recorder"):
        presence.report(role)
        presence.report_stop(role)
        result = run_cli("check", role, **given)
        assert result.exit_code == 1
        assert f"stopped 0 s ago, and no other {role} was seen since" in result.stdout
    assert check_readiness(presence)["dispatcher"] == "ok"
    presence.report("dispatcher")
    assert run_cli("check", "dispatcher", **given).exit_code == 0


def test_the_word_of_an_end_goes_with_the_last_sign_of_life(store: redis.Redis, given: dict[str, Any]) -> None:
    presence = build(Settings.from_env(given)).presence
    presence.report_stop("dispatcher")
    assert presence.absent("dispatcher") == ["dispatcher"], "it was away for longer"
    presence.report("dispatcher")
    store.expire(keys.presence("dispatcher"), 5)
    presence.report_stop("dispatcher")
    assert 0 < store.ttl(keys.presence("dispatcher")) <= 5
