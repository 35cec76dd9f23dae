"""`shortlink doctor`: each fault is told, with what mends it; what is well is said to be."""

from __future__ import annotations

import json
import shutil
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import redis
from click.testing import Result
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap import build_key_watch, open_examination
from shortlink.bootstrap.day_files import build_day_files
from shortlink.cli.doctor.archive import (
    LITTLE_BYTES,
    look_at_archive,
    look_at_old_days,
    look_at_recording,
    look_at_spool,
)
from shortlink.cli.doctor.carrier import judge_answer
from shortlink.cli.doctor.finding import Finding, State
from shortlink.cli.doctor.network import judge_certificate, look_at_address, look_at_certificate, look_at_health
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
from tests.client.serving import serving
from tests.factories import make_met
from tests.s3 import Bucket

Run = Callable[..., Result]
CERTIFICATE = Path(__file__).parents[1] / "carriers" / "data" / "loopback.pem"
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


def test_an_archive_that_cannot_grow_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at_archive(tmp_path).state is State.OK
    assert look_at_archive(None).state is look_at_archive(tmp_path / "x").state is State.WARNING
    full = shutil.disk_usage(tmp_path)._replace(free=LITTLE_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert look_at_archive(tmp_path).state is State.PROBLEM


def test_a_click_spool_that_cannot_grow_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at_spool(tmp_path).state is look_at_spool(tmp_path / "not" / "yet").state is State.OK
    assert look_at_spool(None).state is State.WARNING
    full = shutil.disk_usage(tmp_path)._replace(free=LITTLE_BYTES - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    assert look_at_spool(tmp_path).state is State.PROBLEM


def look_at_them(given: dict[str, str], folder: Path) -> Finding:
    settings = Settings(redis_url=given["SHORTLINK_REDIS_URL"], archive_dir=folder)
    return look_at_recording(EventLog(Archive(folder)), open_examination(settings).streams)


def test_a_message_that_the_carrier_does_not_get_is_told(run_cli: Run, given: dict[str, str], tmp_path: Path) -> None:
    def found() -> str:
        ended = run_cli("doctor", "--offline", "--json", **given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path)})
        return next(str(one["state"]) for one in json.loads(ended.stdout) if one["name"] == "messages not sent")

    log = EventLog(Archive(tmp_path))
    log.open()
    assert found() == "ok"
    log.append([], met=[make_met(accepted_at=int(time.time() * 1000) - 800_000)])
    assert found() == "ok"
    log.append([], met=[make_met(accepted_at=int(time.time() * 1000) - 1_000_000)])
    assert found() == "warning"


def test_a_store_that_was_emptied_beside_its_archive_is_a_problem(
    given: dict[str, str], store: redis.Redis, tmp_path: Path
) -> None:
    newest = str(store.xadd("{a}ev", {"e": "aCODE"}))
    EventLog(Archive(tmp_path)).append([], {"a": newest})
    assert look_at_them(given, tmp_path).state is State.OK
    store.xtrim("{a}ev", maxlen=0, approximate=False)
    assert look_at_them(given, tmp_path).state is State.OK
    store.flushdb()
    found = look_at_them(given, tmp_path)
    assert (found.state, "lost events of 1 of 16" in found.seen) == (State.PROBLEM, True)


def test_a_recorder_that_lives_and_records_nothing_is_found_out(
    given: dict[str, str], store: redis.Redis, tmp_path: Path
) -> None:
    log = EventLog(Archive(tmp_path))
    log.open()
    store.xadd("{a}ev", {"e": "aCODE"})
    assert look_at_them(given, tmp_path).state is State.OK
    store.xadd("{b}ev", {"e": "aCODE"}, id="1795456551060-0")
    found = look_at_them(given, tmp_path)
    assert (found.state, "is not in the archive" in found.seen) == (State.WARNING, True)
    log.append([], {"b": "1795456551060-0"})
    assert look_at_them(given, tmp_path).state is State.OK


def test_an_archive_that_cannot_be_read_is_a_problem_that_says_so(given: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_bytes(b"damaged " * 2048)
    found = look_at_them(given, tmp_path)
    assert (found.state, "is damaged" in found.seen) == (State.PROBLEM, True)


def test_a_missing_archive_has_no_old_days_that_are_well(run_cli: Run, given: dict[str, str], tmp_path: Path) -> None:
    ended = run_cli("doctor", "--offline", "--json", **given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path / "nowhere")})
    found = {one["name"]: one["state"] for one in json.loads(ended.stdout)}
    assert found["archive"] == found["click spool"] == "warning"
    assert "archive, old days" not in found


def test_a_bucket_that_cannot_be_listed_is_found_out(tmp_path: Path, bucket: Bucket) -> None:
    settings = Settings(archive_s3_url=bucket.address, archive_s3_endpoint=bucket.endpoint)
    files = build_day_files(settings, tmp_path)
    assert look_at_old_days(bucket.address, files).state is State.OK
    assert look_at_old_days(None, build_day_files(Settings(), tmp_path)).state is State.OK
    files.write("SL1", "2026-01-01", "clicks", [])
    assert look_at_old_days(None, build_day_files(Settings(), tmp_path)).state is State.PROBLEM
    bucket.away = True
    found = look_at_old_days(bucket.address, files)
    assert (found.state, bucket.endpoint in found.seen) == (State.PROBLEM, True)


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


@pytest.mark.parametrize(("days", "state"), [(90, State.OK), (20, State.WARNING), (6, State.PROBLEM)])
def test_a_certificate_is_to_be_renewed_in_time(days: float, state: State) -> None:
    assert judge_certificate("links", days).state is state


@pytest.fixture
def tls_port() -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = make_server("127.0.0.1", 0, Response("ok"), ssl_context=context)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.port
    server.shutdown()
    server.server_close()


def test_a_certificate_is_checked_as_phones_check_it(tls_port: int) -> None:
    trusted = ssl.create_default_context(cafile=str(CERTIFICATE))
    found = look_at_certificate("links", "127.0.0.1", tls_port, trusted)
    assert found.state is State.OK
    assert int(found.seen.split()[0]) > 1000
    assert "does not trust" in look_at_health("links", f"https://127.0.0.1:{tls_port}").seen
    stranger = look_at_certificate("links", "127.0.0.1", tls_port)
    assert (stranger.state, "not trusted" in stranger.seen) == (State.PROBLEM, True)
    assert look_at_certificate("links", "127.0.0.1", 1).state is State.PROBLEM


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Response('{"status": "ok"}', content_type="application/json"), State.OK),
        (Response("<h1>Welcome</h1>"), State.PROBLEM),
        (Response(status=302, headers={"Location": "/x"}), State.PROBLEM),
    ],
)
def test_an_address_must_lead_to_this_service(answer: Response, state: State) -> None:
    with serving(answer) as url:
        assert look_at_health("API", url).state is state


def test_an_address_that_is_nowhere_is_found_out() -> None:
    assert look_at_health("API", "http://127.0.0.1:1").state is State.PROBLEM
    assert [one.name for one in look_at_address("links", "https://no-such-name.invalid")] == ["links: name"]


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
