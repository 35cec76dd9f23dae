"""What the doctor says of the archive and the click spool."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from click.testing import Result

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap.day_files import build_day_files
from shortlink.bootstrap.operations import open_examination
from shortlink.cli.doctor.archive import (
    LITTLE_BYTES,
    look_at_archive,
    look_at_old_days,
    look_at_recording,
    look_at_spool,
)
from shortlink.cli.doctor.finding import Finding, State
from shortlink.config import Settings
from tests.factories import make_met
from tests.s3 import Bucket

Run = Callable[..., Result]


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
