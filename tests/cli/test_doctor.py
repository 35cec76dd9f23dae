"""`shortlink doctor`: each fault is told, with what mends it; what is well is said to be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import Result

from shortlink.bootstrap.house import build_key_watch
from shortlink.bootstrap.operations import open_examination
from shortlink.cli.doctor.carrier import judge_answer
from shortlink.cli.doctor.finding import Finding, State
from shortlink.cli.doctor.settings import look_at_settings
from shortlink.cli.doctor.store import (
    look_at_accounts,
    look_at_clock,
    look_at_keys,
    look_at_records,
    look_at_store,
    look_at_webhooks,
)
from shortlink.cli.doctor.work import look_at_due
from shortlink.cli.installation import reachable_store
from shortlink.config import Settings
from shortlink.domain.errors import AccountUnreadable, CarrierBusy, CarrierRejectsUs, NotFound, WebhookUnreadable
from shortlink.domain.key_check import key_check
from shortlink.storage.vitals import Vitals
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock
from shortlink.use_cases.probe_carrier import probe_carrier

Run = Callable[..., Result]
WELL = Vitals(
    version="9.1.2",
    role="master",
    uptime_seconds=60,
    clients=5,
    used_memory=1 << 20,
    max_memory=1 << 30,
    system_memory=1 << 33,
    evicted_keys=0,
    keeps_log=True,
    log_writes_ok=True,
    log_rewrite_ok=True,
    log_bytes=2048,
    fsync="everysec",
    eviction="noeviction",
    listpack_value=2048,
)
PUBLIC = Settings(
    secret_key="k" * 32,
    api_url="https://sms.example.com",
    link_url="https://x.example.com",
    trusted_proxies=1,
    twilio_account_sid="AC" + "0" * 32,
    twilio_auth_token="t",
)


def bad(findings: Iterator[Finding]) -> dict[str, State]:
    found = list(findings)
    assert all(bool(one.mend) == (one.state is not State.OK) for one in found)
    return {one.name: one.state for one in found if one.state is not State.OK}


@pytest.mark.parametrize(
    ("changes", "name", "state"),
    [
        ({"version": "6.2.14"}, "store version", State.PROBLEM),
        ({"role": "slave"}, "store role", State.PROBLEM),
        ({"keeps_log": False}, "append-only file", State.PROBLEM),
        ({"log_writes_ok": False}, "append-only file", State.PROBLEM),
        ({"log_rewrite_ok": False}, "append-only file", State.WARNING),
        ({"fsync": "no"}, "fsync", State.PROBLEM),
        ({"fsync": ""}, "fsync", State.WARNING),
        ({"evicted_keys": 1}, "eviction", State.PROBLEM),
        ({"eviction": "allkeys-lru"}, "eviction", State.PROBLEM),
        ({"used_memory": int((1 << 30) * 0.8)}, "store memory", State.WARNING),
        ({"used_memory": int((1 << 30) * 0.95)}, "store memory", State.PROBLEM),
        ({"max_memory": 0, "used_memory": int((1 << 33) * 0.95)}, "store memory", State.PROBLEM),
        ({"listpack_value": 64}, "records", State.WARNING),
    ],
)
def test_a_store_that_would_lose_something_is_found_out(changes: dict[str, Any], name: str, state: State) -> None:
    assert bad(look_at_store(WELL)) == {}
    assert bad(look_at_store(replace(WELL, **changes))) == {name: state}


@pytest.mark.parametrize(
    ("skew", "state"), [(0, State.OK), (-900, State.OK), (1_500, State.WARNING), (-61_000, State.PROBLEM)]
)
def test_clocks_that_differ_are_found_out(skew: int, state: State) -> None:
    assert look_at_clock(10_000_000, 10_000_000 + skew).state is state


@pytest.mark.parametrize(
    ("changes", "name", "state"),
    [
        ({"api_url": "http://127.0.0.1:8000"}, "API address", State.WARNING),
        ({"link_url": "http://x.example.com"}, "link address", State.WARNING),
        ({"trusted_proxies": 0}, "proxies", State.WARNING),
        ({"twilio_account_sid": None}, "carrier account", State.PROBLEM),
        ({"lease_seconds": 30.0}, "lease", State.PROBLEM),
        ({"callback_timeout": 60.0}, "lease", State.PROBLEM),
    ],
)
def test_settings_that_do_not_fit_are_found_out(changes: dict[str, Any], name: str, state: State) -> None:
    assert bad(look_at_settings(PUBLIC)) == {}
    assert bad(look_at_settings(replace(PUBLIC, **changes))) == {name: state}


def test_damaged_records_are_named_by_their_codes_and_not_all_of_many() -> None:
    assert look_at_records([]).state is State.OK
    found = look_at_records([f"code{number}" for number in range(7)])
    assert found.state is State.PROBLEM
    assert found.seen == "7 messages cannot be read: code0, code1, code2, code3, code4, …"


def test_what_the_store_says_of_itself_is_understood(valkey_url: str, store: redis.Redis) -> None:
    vitals = open_examination(Settings(redis_url=valkey_url)).vitals.read()
    assert bad(look_at_store(vitals)) == {}
    assert (vitals.role, vitals.fsync, vitals.eviction) == ("master", "everysec", "noeviction")
    assert vitals.used_memory > 100_000
    assert vitals.log_bytes > 0


class Carrier:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def fetch(self, carrier_id: str) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "seen", "mend"),
    [
        (NotFound("x"), "accepted", ""),
        (CarrierRejectsUs("wrong token"), "wrong token", "compare TWILIO_ACCOUNT_SID"),
        (CarrierBusy("away"), "away", "see that this machine reaches it"),
    ],
)
def test_credentials_are_accepted_when_the_carrier_says_that_there_is_no_such_message(
    error: Exception, seen: str, mend: str
) -> None:
    found = judge_answer("carrier credentials", probe_carrier(Carrier(error)))  # type: ignore[arg-type]
    assert (found.seen, found.mend[: len(mend)]) == (seen, mend)


def test_a_secret_key_that_is_not_the_store_s_own_is_a_problem(run_cli: Run, given: dict[str, str]) -> None:
    def found(key: str) -> str:
        ended = run_cli("doctor", "--offline", "--json", **given | {"SHORTLINK_SECRET_KEY": key})
        return next(str(one["state"]) for one in json.loads(ended.stdout) if one["name"] == "secret key")

    first, second = "first key " * 4, "second key " * 4
    assert found(first) == "ok"  # nobody has noted one
    build_key_watch(Settings(redis_url=given["SHORTLINK_REDIS_URL"], secret_key=first)).look()
    assert (found(first), found(second)) == ("ok", "problem")


def test_what_should_have_been_done_a_minute_ago_is_told() -> None:
    assert look_at_due("messages", None, 1_000_000).state is State.OK
    assert look_at_due("messages", 940_000, 1_000_000).state is State.OK
    found = look_at_due("messages", 880_000, 1_000_000)
    assert (found.state, found.seen) == (State.WARNING, "the first should have been attended to 120 s ago")


def test_the_command_tells_everything_and_fails_when_something_is_broken(run_cli: Run, given: dict[str, str]) -> None:
    ended = run_cli("doctor", "--offline", "--json", **given)
    found = {one["name"]: one for one in json.loads(ended.stdout)}
    assert ended.exit_code == 1
    assert found["append-only file"]["state"] == "ok"
    assert found["dispatcher"]["state"] == "problem"
    assert "mend" in found["carrier account"]
    shown = run_cli("doctor", "--offline", **given)
    assert "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN" in " ".join(shown.stdout.split())


def test_a_running_up_is_looked_at_with_the_addresses_it_has(directory: Path, given: dict[str, str]) -> None:
    data, lock = DataDirectory(directory), DirectoryLock(directory)
    data.create()
    account = data.simulator_account()
    lock.claim("up")
    urls = {
        name: f"http://127.0.0.1:{port}" for port, name in enumerate(("api_url", "link_url", "simulator_url"), 9000)
    }
    key = given["SHORTLINK_SECRET_KEY"]
    try:
        lock.announce(key_check=key_check(key), redis_url=given["SHORTLINK_REDIS_URL"], **urls)
        with reachable_store(directory, {"SHORTLINK_SECRET_KEY": key}, "doctor") as settings:
            assert settings.spool_dir == data.spool
            assert (settings.api_url, settings.link_url) == (urls["api_url"], urls["link_url"])
            assert (settings.twilio_url, settings.twilio_account_sid) == (urls["simulator_url"], account[0])
    finally:
        lock.release()


def test_a_store_that_is_away_is_a_finding_and_no_crash(run_cli: Run, given: dict[str, str]) -> None:
    ended = run_cli("doctor", "--offline", "--json", **given | {"SHORTLINK_REDIS_URL": "redis://127.0.0.1:1/0"})
    assert {one["name"]: one["state"] for one in json.loads(ended.stdout)}["store"] == "problem"
    assert ended.exit_code == 1


def test_each_trouble_of_the_store_is_told_with_what_mends_it(
    run_cli: Run, given: dict[str, str], store: redis.Redis
) -> None:
    def found(**settings: str) -> dict[str, str]:
        ended = run_cli("doctor", "--offline", "--json", **given | settings)
        return {one["name"]: one["mend"] for one in json.loads(ended.stdout)}

    store.config_set("requirepass", "another")
    locked = found(SHORTLINK_REDIS_URL=given["SHORTLINK_REDIS_URL"] + "&password=S3cret")
    store.config_set("requirepass", "")
    assert "compare user and password" in locked["store"]
    store.config_set("maxmemory", "1mb")
    full = found()
    store.config_set("maxmemory", "0")
    assert "more memory" in full["store"]
    assert "start it" in found(SHORTLINK_REDIS_URL="unix:///nowhere/at/all")["store"]


def test_webhooks_that_cannot_be_read_are_a_problem_that_names_them() -> None:
    assert look_at_webhooks([]).state is State.OK
    found = look_at_webhooks([str(WebhookUnreadable("SLshop", "wh_1", "it is no JSON object"))])
    assert (found.state, found.mend) == (State.PROBLEM, WebhookUnreadable.mend)
    assert "wh_1 of account SLshop" in found.seen


def test_keys_of_another_kind_are_a_problem_that_names_them() -> None:
    assert look_at_keys([]).state is State.OK
    found = look_at_keys(["{a}off is no set"])
    assert (found.state, found.seen) == (State.PROBLEM, "{a}off is no set")


def test_accounts_that_cannot_be_read_are_a_problem_that_names_them() -> None:
    assert look_at_accounts([]).state is State.OK
    found = look_at_accounts([AccountUnreadable("SLbroken", "it is no hash")])
    assert (found.state, found.mend) == (State.PROBLEM, AccountUnreadable.mend)
    assert "SLbroken" in found.seen
