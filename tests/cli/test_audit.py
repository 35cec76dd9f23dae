"""`shortlink audit`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import redis
from click.testing import Result

from shortlink.bootstrap.archive import build_record_desk
from shortlink.bootstrap.operations import Inspection
from shortlink.config import Settings
from shortlink.domain.code import partition_of
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.use_cases.record_events import record_events

Run = Callable[..., Result]
Accept = Callable[..., Message]


def test_a_sound_store_is_said_in_a_line(run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept) -> None:
    for _ in range(3):
        accept(here)
    result = run_cli("audit", **given)
    assert (result.exit_code, result.stdout) == (0, "3 messages checked, no findings\n")


def test_findings_are_a_table_and_an_exit_code(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept
) -> None:
    lost = accept(here)
    store.zrem(f"{{{partition_of(lost.code)}}}due:m", lost.code)
    result = run_cli("audit", **given)
    assert result.exit_code == 1
    assert lost.code in result.stdout
    assert "I2" in result.stdout
    assert "not due" in result.stdout
    assert "1 message checked, 1 finding" in result.stdout
    assert lost.recipient not in result.stdout


def test_programs_get_the_findings_as_json(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept
) -> None:
    accept(here)
    store.set("stray", "key")
    result = run_cli("audit", "--json", **given)
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["checked"] == 1
    assert [(one["invariant"], one["subject"]) for one in found["findings"]] == [("I16", "stray")]


def test_a_directory_without_a_running_up_is_audited_too(run_cli: Run) -> None:
    run_cli("accounts", "add", "shop")
    assert run_cli("audit").stdout == "0 messages checked, no findings\n"


def test_an_archive_that_lacks_events_is_a_finding(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept, tmp_path: Path
) -> None:
    settings = given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path)}
    desk, _ = build_record_desk(Settings.from_env(settings))
    first = accept(here)
    record_events(desk, wait_ms=1)
    assert run_cli("audit", **settings).exit_code == 0
    store.xtrim(keys.events(partition_of(first.code)), maxlen=0, approximate=False)
    assert run_cli("audit", **settings).exit_code == 0, "what was trimmed is archived"
    stream = keys.events(partition_of(first.code))
    store.xadd(stream, {"e": f"h{first.code} p test"})
    store.xtrim(stream, maxlen=0, approximate=False)
    result = run_cli("audit", **settings)
    assert (result.exit_code, "I17" in result.stdout) == (1, True)


def test_an_emptied_store_beside_a_full_archive_is_a_finding(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept, tmp_path: Path
) -> None:
    settings = given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path)}
    desk, _ = build_record_desk(Settings.from_env(settings))
    lost = accept(here)
    record_events(desk, wait_ms=1)
    store.flushall()
    result = run_cli("audit", "--json", **settings)
    found = [(one["invariant"], one["subject"]) for one in json.loads(result.stdout)["findings"]]
    assert result.exit_code == 1
    assert found == [("I17", f"stream {partition_of(lost.code)}"), ("I1", lost.code)]


def test_a_wait_longer_than_the_settings_allow_is_a_finding(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept
) -> None:
    message, due = accept(here), keys.due_messages
    day_ms, now = 86_400_000, here.inspector.now()
    store.zadd(due(partition_of(message.code)), {message.code: now + 3 * day_ms})
    assert run_cli("audit", **given).exit_code == 1
    schedule = {"SHORTLINK_RECEIPT_SCHEDULE": f"60,{3 * 86_400}"}
    assert run_cli("audit", **given, **schedule).exit_code == 0
