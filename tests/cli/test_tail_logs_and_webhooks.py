"""`shortlink tail`, `logs` and `webhooks`, against the real API door and a real archive."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import Result

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap.doors import build
from shortlink.bootstrap.operations import open_accounts
from shortlink.config import Settings
from shortlink.domain.event import Event, EventType
from shortlink.domain.message_id import new_message_id
from shortlink.web.app import create_app
from tests.client.serving import serving
from tests.factories import MINT

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

Run = Callable[..., Result]
AT = datetime.now(UTC).replace(hour=1, minute=2, second=3, microsecond=0) - timedelta(days=1)
DAY = AT.date().isoformat()


@pytest.fixture
def user(given: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    """An account with a click and a delivery, and how the command line reaches it."""
    settings = Settings.from_env(given | {"SHORTLINK_ARCHIVE_DIR": str(tmp_path / "archive")})
    account = open_accounts(settings).add("shop")
    log = EventLog(Archive(tmp_path / "archive"))
    code = MINT.draw()
    log.append(
        [
            Event(
                id=f"a{number}-0",
                type=kind,
                at=int(AT.timestamp() * 1000) + number,
                account=account.sid,
                message_id=new_message_id(code),
                code=code,
                recipient="+818011234567",
                sender="shop",
                tags=("spring",),
                data=data,
            )
            for number, (kind, data) in enumerate(
                [(EventType.MESSAGE_DELIVERED, {}), (EventType.LINK_CLICKED, {"verdict": "human", "rule": "browser"})]
            )
        ]
    )
    with serving(create_app(build(settings))) as url:
        yield {"SHORTLINK_API_URL": url, "SHORTLINK_SID": account.sid, "SHORTLINK_TOKEN": account.auth_token}


def keep_event(tmp_path: Path, user: dict[str, str], kind: EventType, **data: Any) -> None:
    """Put one more event of the account into the archive, behind those that it has."""
    event = Event(
        id="b1-0",
        type=kind,
        at=int(AT.timestamp() * 1000) + 2,
        account=user["SHORTLINK_SID"],
        recipient="+818011234567",
        data=data,
    )
    EventLog(Archive(tmp_path / "archive")).append([event])


def test_events_are_shown_a_line_each(run_cli: Run, user: dict[str, str]) -> None:
    ended = run_cli("tail", "--from-start", "--once", **user)
    assert ended.exit_code == 0, ended.output
    first, second = ended.stdout.splitlines()
    assert first.startswith(f"{DAY} 01:02:03 message.delivered ")
    assert second.endswith("[spring] verdict=human rule=browser")


def test_what_a_stranger_answers_cannot_steer_the_terminal_nor_pass_for_another_line(
    run_cli: Run, user: dict[str, str], tmp_path: Path
) -> None:
    text = "停止\u3000\x1b]0;title\x07\n2026-11-21 message.delivered\x9b31m\u202e\\u000a"
    keep_event(tmp_path, user, EventType.MESSAGE_RECEIVED, text=text)
    told = run_cli("tail", "--from-start", "--once", "--type", "message.received", **user).stdout
    assert told.endswith(
        "text=停止\u3000\\u001b]0;title\\u0007\\u000a2026-11-21 message.delivered\\u009b31m\\u202e\\u000a\n"
    )
    told = run_cli("tail", "--from-start", "--once", "--type", "message.received", "--json", **user).stdout
    assert not set(told.rstrip("\n")) & set("\x1b\x07\n\x9b\u202e")
    assert json.loads(told)["data"]["text"] == text


@pytest.mark.parametrize("charset", ["latin-1", "cp932"])
def test_what_the_terminal_has_no_letter_for_is_shown_escaped_and_ends_nothing(
    run_cli: Run, user: dict[str, str], tmp_path: Path, charset: str
) -> None:
    text = "Café 停止 🎉"
    keep_event(tmp_path, user, EventType.MESSAGE_RECEIVED, text=text)
    told = run_cli("tail", "--from-start", "--once", charset=charset, **user)
    assert told.exit_code == 0, told.output
    assert told.stdout.endswith(" \\ud83c\\udf89\n")
    told = run_cli("tail", "--from-start", "--once", "--json", charset=charset, **user)
    assert json.loads(told.stdout.splitlines()[-1])["data"]["text"] == text


def test_event_says_nothing_of_what_it_does_not_have_and_words_truth_as_json_does(
    run_cli: Run, user: dict[str, str], tmp_path: Path
) -> None:
    keep_event(tmp_path, user, EventType.MESSAGE_ACCEPTED, segments=1, link=None, first=True)
    told = run_cli("tail", "--from-start", "--once", "--type", "message.accepted", **user).stdout
    assert told.endswith(" +818011234567 segments=1 first=true\n")


def test_events_as_json_are_read_on_from_their_cursor(run_cli: Run, user: dict[str, str]) -> None:
    ended = run_cli("tail", "--from-start", "--once", "--type", "link.clicked", "--json", **user)
    (event,) = map(json.loads, ended.stdout.splitlines())
    assert (event["id"], event["data"]["rule"]) == ("a1-0", "browser")
    assert event["timestamp"] == f"{DAY}T01:02:03.001Z"
    again = run_cli("tail", "--after", "", "--once", **user).stdout
    assert len(again.splitlines()) == 2, "an empty cursor is before everything"
    assert run_cli("tail", "--after", event["cursor"], "--once", **user).stdout == ""
    assert run_cli("tail", "--once", **user).stdout == ""
    assert run_cli("tail", "--after", "1", "--from-start", **user).exit_code == 2
    assert "Must be of message.accepted" in run_cli("tail", "--once", "--type", "nothing", **user).stderr


def test_days_and_files_are_listed(run_cli: Run, user: dict[str, str]) -> None:
    assert run_cli("logs", "list", **user).stdout == f"{DAY}\n"
    assert run_cli("logs", "list", DAY, **user).stdout == f"deliveries.{DAY}.log\nclicks.{DAY}.log\n"
    assert json.loads(run_cli("logs", "list", DAY, "--json", **user).stdout)[0] == f"deliveries.{DAY}.log"
    assert run_cli("logs", "list", "yesterday", **user).exit_code == 2


def test_files_are_downloaded_by_day_and_never_overwritten_unasked(
    run_cli: Run, user: dict[str, str], tmp_path: Path
) -> None:
    into = tmp_path / "logs"
    words = ("logs", "download", "--from", DAY, "--type", "clicks", "--into", str(into))
    assert run_cli(*words, **user).stdout == f"1 file in {into}\n"
    (file,) = into.iterdir()
    assert file.name == f"clicks.{DAY}.log.csv"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().splitlines()[0].startswith("id,time,event,msgid")
    again = run_cli(*words, **user)
    assert (again.exit_code, "--force overwrites it" in again.stderr) == (1, True)
    assert run_cli(*words, "--force", **user).exit_code == 0
    nowhere = run_cli("logs", "download", "--from", DAY, "--into", "/proc/nothing/here", **user)
    assert (nowhere.exit_code, nowhere.stderr) == (1, "shortlink: /proc/nothing: No such file or directory\n")
    assert run_cli("logs", "download", "--from", DAY, "--to", "2001-01-01", **user).exit_code == 2
    assert "--sid and --token" in run_cli("logs", "list", **user | {"SHORTLINK_TOKEN": "wrong"}).stderr
    assert [one.name for one in into.iterdir()] == [file.name]


@pytest.mark.parametrize("name", [".bashrc", "../up.2026-11-21.log", "a/clicks.2026-11-21.log", "\x1b.2026-11-21.log"])
def test_a_service_chooses_no_name_of_a_file_but_a_logs(
    run_cli: Run, user: dict[str, str], tmp_path: Path, name: str
) -> None:
    def lie(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps([DAY] if environ["PATH_INFO"] == "/logfiles/" else [name]).encode()]

    into = tmp_path / "logs"
    with serving(lie) as url:
        ended = run_cli("logs", "download", "--from", DAY, "--into", str(into), **user | {"SHORTLINK_API_URL": url})
    assert (ended.exit_code, ended.stderr) == (
        1,
        f"shortlink: the service calls a log file {name!a}, which is no name of one\n",
    )
    assert not into.exists()


def test_a_file_goes_to_the_standard_output_alone(run_cli: Run, user: dict[str, str]) -> None:
    ended = run_cli("logs", "download", f"clicks.{DAY}.log", "--form", "json", "--into", "-", **user)
    assert [one["id"] for one in json.loads(ended.stdout)] == ["a1-0"]


def test_events_are_coloured_for_who_asks_and_never_as_json(run_cli: Run, user: dict[str, str]) -> None:
    log = ("tail", "--from-start", "--once")
    assert "\x1b[32m" in run_cli(*log, **user, FORCE_COLOR="1").stdout
    assert "\x1b" not in run_cli(*log, **user, FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b" not in run_cli(*log, "--json", **user, FORCE_COLOR="1").stdout


@pytest.mark.parametrize("words", [(), ("a.log", "--from", DAY), ("../secrets",)])
def test_downloads_that_make_no_sense_are_usage_errors(
    run_cli: Run, user: dict[str, str], words: tuple[str, ...]
) -> None:
    assert run_cli("logs", "download", *words, **user).exit_code == 2


def test_what_is_not_there_is_told_and_leaves_no_half_file(run_cli: Run, user: dict[str, str], tmp_path: Path) -> None:
    ended = run_cli("logs", "download", "nothing.2026-01-01.log", "--into", str(tmp_path / "x"), **user)
    assert ended.exit_code == 1
    assert list((tmp_path / "x").iterdir()) == []


def test_a_list_for_another_program_is_not_cut(
    run_cli: Run, user: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    url, types = f"https://shop.test/{'hook/' * 40}", ("link.clicked", "message.failed", "recipient.unsubscribed")
    run_cli("webhooks", "create", url, *types, **user)
    assert f"{url} {', '.join(types)} " in " ".join(run_cli("webhooks", "list", **user).stdout.split()) + " "
    narrow = run_cli("webhooks", "list", **user, COLUMNS="60").stdout
    assert "…" not in narrow
    assert max(map(len, narrow.splitlines())) <= 60


def test_a_webhook_lives_from_its_making_to_its_end(run_cli: Run, user: dict[str, str]) -> None:
    made = run_cli("webhooks", "create", "https://shop.test/hook", "link.clicked", "message.failed", "--json", **user)
    webhook = json.loads(made.stdout)
    assert webhook["secret"].startswith("whsec_")
    identifier = webhook["id"]
    shown = run_cli("webhooks", "list", **user).stdout
    assert identifier in shown
    assert webhook["secret"] not in shown
    said = [run_cli("webhooks", word, identifier, **user).stdout for word in ("pause", "resume", "delete")]
    assert said == [f"{identifier} is paused.\n", f"{identifier} goes on.\n", f"{identifier} is deleted.\n"]
    assert run_cli("webhooks", "list", **user).stdout == "No webhooks yet.\n"


def test_a_webhook_is_tested_replayed_and_looked_at(run_cli: Run, user: dict[str, str]) -> None:
    made = json.loads(run_cli("webhooks", "create", "https://shop.test/", "link.clicked", "--json", **user).stdout)
    assert run_cli("webhooks", "test", made["id"], **user).stdout.endswith(" is on its way.\n")
    assert run_cli("webhooks", "deliveries", made["id"], **user).stdout == "Nothing was sent yet.\n"
    rotated = run_cli("webhooks", "rotate", made["id"], **user).stdout
    assert made["secret"] not in rotated
    assert "whsec_" in rotated
    hours = ("--from", f"{DAY}T00:00+00:00", "--to", f"{DAY}T02:00+00:00")
    assert run_cli("webhooks", "replay", made["id"], *hours, **user).exit_code == 0
    assert run_cli("webhooks", "replay", made["id"], hours[2], hours[1], hours[0], hours[3], **user).exit_code == 2
    assert run_cli("webhooks", "pause", "wh_unknown", **user).exit_code == 1
    refused = run_cli("webhooks", "create", "ftp://shop.test/", "link.clicked", **user)
    assert (refused.exit_code, "url: Enter a valid URL." in refused.stderr) == (1, True)


def test_a_webhook_that_is_not_there_is_named(run_cli: Run, user: dict[str, str]) -> None:
    assert "no webhook wh_none at this account" in run_cli("webhooks", "pause", "wh_none", **user).stderr


def test_a_type_of_which_there_are_no_files_is_refused_with_those_there_are(run_cli: Run, user: dict[str, str]) -> None:
    refused = run_cli("logs", "download", "--from", DAY, "--type", "click", **user)
    assert (refused.exit_code, "'clicks'" in refused.stderr) == (2, True)
    assert run_cli("logs", "list", "2020-01-01", **user).stdout == "No log files of 2020-01-01.\n"


def test_an_empty_condition_is_refused_and_does_not_show_everything(run_cli: Run, user: dict[str, str]) -> None:
    for option in ("--tag", "--msgid", "--type"):
        assert run_cli("tail", "--from-start", "--once", option, "", **user).exit_code == 1, option


def test_a_paused_webhook_is_called_so(run_cli: Run, user: dict[str, str]) -> None:
    made = json.loads(run_cli("webhooks", "create", "https://shop.test/", "link.clicked", "--json", **user).stdout)
    run_cli("webhooks", "pause", made["id"], **user)
    assert "paused (asked)" in run_cli("webhooks", "list", **user).stdout


def test_webhook_is_made_with_a_rate_and_batches(run_cli: Run, user: dict[str, str]) -> None:
    hook = ("webhooks", "create", "https://shop.test/", "link.clicked", "--json")
    made = json.loads(run_cli(*hook, "--rate", "5", "--batch", "20", **user).stdout)
    assert (made["rate"], made["batch"]) == (5, {"most": 20, "seconds": 1})
    assert json.loads(run_cli(*hook, "--batch", "2", "--batch-seconds", "0", **user).stdout)["batch"]["seconds"] == 0
    assert run_cli(*hook, "--batch-seconds", "3", **user).exit_code == 2
    assert "From 2 to 100 events" in run_cli(*hook, "--batch", "1", **user).stderr
