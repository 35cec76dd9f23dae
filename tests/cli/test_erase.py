"""`shortlink erase`: a number is gone from the store, from its files and from the simulator's."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from click.testing import CliRunner, Result

from shortlink.bootstrap.archive import build_file_desk, build_record_desk
from shortlink.bootstrap.operations import Inspection, open_inspection
from shortlink.cli import main
from shortlink.cli.left_out import NOT_ALL
from shortlink.config import Settings
from shortlink.domain.code import partition_of
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.inbound import InboundMessage
from shortlink.domain.message import Message
from shortlink.simulator.account import TwilioAccount
from shortlink.simulator.course import Pace
from shortlink.simulator.server import running
from shortlink.simulator.simulation import Simulation
from shortlink.supervisor.data_directory import DataDirectory
from shortlink.supervisor.directory_lock import DirectoryLock
from shortlink.supervisor.embedded_store import EmbeddedStore
from shortlink.use_cases.file_away import move_days
from shortlink.use_cases.record_events import record_events
from tests.factories import make_message
from tests.simulator.rig import Simulator

Run = Callable[..., Result]
Accept = Callable[..., Message]
LONG_AFTER = 40_000  # a UTC day
NUMBER, OTHER = "+818011234567", "+818011234568"
ACCOUNT = TwilioAccount(sid="AC" + "0" * 32, auth_token="token")


def files_with(directory: Path, digits: str) -> set[str]:
    """Name the files that hold a number."""
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)) for path in files if digits.encode() in path.read_bytes()}


def fill(url: str) -> None:
    """Have both numbers sent a message by the simulator."""
    for number in (NUMBER, OTHER):
        Simulator(url, ACCOUNT).send(To=number, Body="Hello")


def archive(settings: dict[str, str]) -> None:
    """Record what happened, and move it into files as if its day were long past."""
    built = Settings.from_env(settings)
    desk, _ = build_record_desk(built)
    record_events(desk, wait_ms=1)
    desk.log.append([], complete=LONG_AFTER)
    move_days(build_file_desk(built), today=LONG_AFTER)


def test_what_went_is_told_without_the_number(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept
) -> None:
    kept = accept(here, make_message(recipient=OTHER))
    for _ in range(2):
        accept(here)
    result = run_cli("erase", NUMBER, **given)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "+81******4567: messages looked at: 3; erased: 2; of these not surely sent, and not sent any more: 2.",
        "Backups and the carrier keep their own copies.",
    ]
    assert here.messages.get(kept.id).recipient == OTHER


def test_a_record_that_cannot_be_read_is_not_passed_over_in_silence(
    run_cli: Run, given: dict[str, str], here: Inspection, store: redis.Redis, accept: Accept
) -> None:
    damaged = accept(here)
    accept(here)
    store.hdel(f"{{{partition_of(damaged.code)}}}m{damaged.code}", "x")
    result = run_cli("erase", NUMBER, **given)
    assert result.exit_code == NOT_ALL
    assert "looked at: 2; erased: 1;" in result.stdout
    assert "cannot be read, and may still hold it: 1." in result.stdout


def test_programs_get_the_counts_as_json(run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept) -> None:
    accept(here)
    found = json.loads(run_cli("erase", NUMBER, "--json", **given).stdout)
    assert found == {
        "looked_at": 1,
        "erased": 1,
        "cancelled": 1,
        "received": 0,
        "unreadable": 0,
        "archive": None,
        "log_rewritten": True,
        "simulator": None,
    }


def test_a_number_leaves_the_archive_and_the_log_files_of_past_days(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept, tmp_path: Path
) -> None:
    settings = given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path), "SHORTLINK_ARCHIVE_EVENT_DAYS": "1"}
    for number in (NUMBER, OTHER):
        accept(here, make_message(recipient=number))
    archive(settings)
    assert files_with(tmp_path, NUMBER[1:])
    result = run_cli("erase", NUMBER, **settings)
    assert "In the archive: rows blanked: 1; lines of log files: 1." in result.stdout.splitlines()
    assert files_with(tmp_path, NUMBER[1:]) == set()
    assert files_with(tmp_path, OTHER[1:])
    lines = [gzip.decompress(path.read_bytes()) for path in tmp_path.rglob("*.gz")]
    assert [(NUMBER.encode() in text, OTHER.encode() in text) for text in lines] == [(False, True)]


def test_a_number_that_is_written_in_two_ways_is_erased_in_both(
    run_cli: Run, given: dict[str, str], store: redis.Redis, here: Inspection, accept: Accept, tmp_path: Path
) -> None:
    settings = given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path), "SHORTLINK_ARCHIVE_EVENT_DAYS": "1"}
    accept(here, make_message(recipient="+541123456789"))
    answer = InboundMessage(carrier_id="SM1", sender="+5491123456789", recipient="+15005550006", text="It is me")
    here.opt_outs.take(answer, "SLtestaccount")
    archive(settings)
    facts = json.loads(run_cli("erase", "+541123456789", "--json", **settings).stdout)
    assert (facts["erased"], facts["received"], facts["archive"]["rows"]) == (1, 1, 2)
    dump = "".join(str(store.hgetall(key)) for key in store.scan_iter("{*}*") if store.type(key) == "hash")
    assert ("1123456789" in dump, files_with(tmp_path, "1123456789")) == (False, set())


def test_files_that_cannot_be_reached_are_told_by_the_exit_code(
    run_cli: Run,
    given: dict[str, str],
    accept: Accept,
    here: Inspection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def be_away(_: object) -> int:
        raise ArchiveUnavailable("the bucket does not answer")

    settings = given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path), "SHORTLINK_ARCHIVE_EVENT_DAYS": "1"}
    accept(here)
    archive(settings)
    with monkeypatch.context() as changed:
        changed.setattr("shortlink.use_cases.erase_archived.clean_files", be_away)
        for words in ((), ("--json",)):
            assert run_cli("erase", NUMBER, *words, **settings).exit_code == NOT_ALL
    assert files_with(tmp_path, NUMBER[1:])
    assert run_cli("erase", NUMBER, **settings).exit_code == 0
    assert files_with(tmp_path, NUMBER[1:]) == set()


def test_a_damaged_log_file_is_named_and_the_rest_is_erased(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept, tmp_path: Path
) -> None:
    settings = given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path), "SHORTLINK_ARCHIVE_EVENT_DAYS": "1"}
    accept(here)
    archive(settings)
    [path] = tmp_path.rglob("attempts.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-12])
    result = run_cli("erase", NUMBER, **settings)
    assert result.exit_code == NOT_ALL
    assert f"may still hold it: {path.relative_to(tmp_path / 'logs').as_posix()[:-9]}. Mend" in result.stdout
    assert "Backups and the carrier" in result.stdout
    path.unlink()
    assert run_cli("erase", NUMBER, **settings).exit_code == 0


def test_an_archive_that_cannot_be_used_keeps_nobody_from_the_other_steps(
    run_cli: Run, given: dict[str, str], here: Inspection, accept: Accept, tmp_path: Path
) -> None:
    (tmp_path / "archive.db").mkdir()
    accept(here)
    result = run_cli("erase", NUMBER, "--json", SHORTLINK_ARCHIVE_DIR=str(tmp_path), **given)
    assert result.exit_code == NOT_ALL
    found = json.loads(result.stdout)
    assert (found["erased"], found["archive"]["rows"], found["log_rewritten"]) == (1, None, True)
    result = run_cli("erase", NUMBER, SHORTLINK_ARCHIVE_DIR=str(tmp_path), **given)
    assert "The archive cannot be used now, and nothing was taken out of it" in result.stdout


def test_the_number_may_come_by_standard_input(
    given: dict[str, str], here: Inspection, accept: Accept, directory: Path
) -> None:
    accept(here)
    words = ["erase", "-", "--json", "--data", str(directory)]
    result = CliRunner().invoke(main, words, env=given, input=f"{NUMBER}\n")
    assert json.loads(result.stdout)["erased"] == 1


@pytest.mark.parametrize("number", ["08011234567", "+81 80 1123 4567", "shop", "+0123456789", "+8180112345678901", "-"])
def test_a_malformed_number_is_refused_before_anything_is_touched(run_cli: Run, directory: Path, number: str) -> None:
    result = run_cli("erase", number)
    assert result.exit_code == 2
    assert "E.164" in result.stderr
    assert not directory.exists()


def test_a_stopped_installation_holds_the_number_in_no_file(run_cli: Run, accept: Accept, directory: Path) -> None:
    data = DataDirectory(directory)
    data.create()
    key = data.make_secret_key()
    with EmbeddedStore(directory).running() as store_url:
        settings = {"SHORTLINK_REDIS_URL": store_url, "SHORTLINK_SECRET_KEY": key}
        for number in (NUMBER, OTHER):
            accept(open_inspection(Settings.from_env(settings)), make_message(recipient=number))
    simulation = Simulation(ACCOUNT, data=data.simulator_messages, pace=Pace(first_ms=60_000, step_ms=1))
    with running(simulation) as url:
        fill(url)
    assert len(files_with(directory, NUMBER[1:])) >= 2
    found = json.loads(run_cli("erase", NUMBER, "--json").stdout)
    assert (found["erased"], found["log_rewritten"], found["simulator"]["messages"]) == (1, True, 1)
    assert files_with(directory, NUMBER[1:]) == set()
    assert "simulator.sqlite3" in files_with(directory, OTHER[1:])


def test_a_running_up_cleans_the_simulators_database_itself(run_cli: Run, directory: Path) -> None:
    data = DataDirectory(directory)
    data.create()
    key = data.make_secret_key()
    lock = DirectoryLock(directory)
    lock.claim("up")
    simulation = Simulation(ACCOUNT, data=data.simulator_messages, pace=Pace(first_ms=1, step_ms=1))
    with EmbeddedStore(directory).running() as store_url, running(simulation) as url:
        fill(url)
        given = {"SHORTLINK_REDIS_URL": store_url, "SHORTLINK_SECRET_KEY": key}
        refused = run_cli("erase", NUMBER, **given)
        assert refused.exit_code == 1
        assert "still starting" in refused.stderr
        lock.announce(simulator_url=url)
        found = json.loads(run_cli("erase", NUMBER, "--json", **given).stdout)
        assert found["simulator"]["messages"] == 1
        simulator = Simulator(url, ACCOUNT)
        assert [one["to"] for one in simulator.sent()] == [OTHER]
        assert not any(NUMBER[1:] in one["body"] for one in simulator.received())
        assert files_with(directory, NUMBER[1:]) == set()
    lock.release()
