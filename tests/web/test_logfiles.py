"""Log files over HTTP: the days, the names, each form, streamed and compressed, one account's own."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shortlink.archive.database import Archive
from shortlink.archive.day_files import DayFiles
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.archive.retention import Retention
from shortlink.bootstrap.archive import build_file_desk
from shortlink.config import Settings
from shortlink.dialects.log_names import date_of
from shortlink.domain.event import Event, EventType
from shortlink.use_cases.file_away import FileDesk, FileRules, move_days
from tests.s3 import Bucket
from tests.web.conftest import PROBLEM, Caller

DAY = 20_000
DATE = date_of(DAY)
CLICKS = f"/logfiles/clicks.{DATE}.log/"


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(Archive(tmp_path))


@pytest.fixture
def api(open_api: Callable[..., Caller], tmp_path: Path, log: EventLog) -> Caller:
    log.open()
    return open_api(archive_dir=tmp_path)


def clicks(sid: str, count: int, *, day: int = DAY) -> list[Event]:
    return [
        Event(
            id=f"a{n}-0",
            type=EventType.LINK_CLICKED,
            at=day * 86_400_000 + n,
            account=sid,
            sender="=shop",
            data={"verdict": "human", "rule": "browser", "first": n == 0, "link": "https://shop.test/"},
        )
        for n in range(count)
    ]


def test_days_and_names_are_listed(api: Caller, log: EventLog) -> None:
    assert api.get("/logfiles/").get_json() == []
    log.append([*clicks(api.sid, 1), *clicks(api.sid, 1, day=DAY + 1)])
    log.append([Event(id="b1-0", type=EventType.CALLBACK_ATTEMPTED, at=DAY * 86_400_000, account=api.sid)])
    assert api.get("/logfiles/").get_json() == [DATE, date_of(DAY + 1)]
    names = api.get(f"/logfiles/{DATE}/").get_json()
    assert names == [f"{name}.{DATE}.log" for name in ("clicks", "callbacks", "webhook-errors")]
    assert api.get("/logfiles/2001-01-01/").get_json() == []


def test_each_form_is_served(api: Caller, log: EventLog) -> None:
    log.append(clicks(api.sid, 2))
    plain = api.get(CLICKS)
    assert plain.mimetype == "text/csv"
    assert plain.text.splitlines()[0] == (
        "a0-0,2024-10-04T00:00:00.000Z,link.clicked,,,'=shop,,https://shop.test/,human,browser,true"
    )
    headed = api.get(f"{CLICKS}header/")
    assert headed.text == "id,time,event,msgid,recipient,sender,tags,link,verdict,rule,first\r\n" + plain.text
    assert [one["id"] for one in api.get(f"{CLICKS}json").get_json()] == ["a0-0", "a1-0"]
    assert api.get(f"{CLICKS}xml").text.count("<entry>") == 2


@pytest.mark.parametrize(
    "path", ["/logfiles/nothing/", f"/logfiles/taps.{DATE}.log/", f"{CLICKS}pdf/", "/logfiles/2026-02-31/"]
)
def test_what_cannot_be_there_is_not_found(path: str, api: Caller) -> None:
    answer = api.get(path)
    assert (answer.status_code, answer.data) == (404, b"")


def test_nobody_sees_anothers_logs(api: Caller, log: EventLog) -> None:
    log.append(clicks("SLother", 3))
    assert api.get("/logfiles/").get_json() == []
    assert api.get(CLICKS).data == b""
    assert api.client.get("/logfiles/").status_code == 401


def test_a_long_log_comes_in_pieces_and_whole(api: Caller, log: EventLog) -> None:
    log.append(clicks(api.sid, 2500))
    answer = api.get(CLICKS, buffered=False)
    pieces = list(answer.iter_encoded())
    assert len(pieces) > 3
    assert len(b"".join(pieces).splitlines()) == 2500


def test_a_client_that_takes_gzip_gets_it_and_always_the_same_bytes(api: Caller, log: EventLog) -> None:
    log.append(clicks(api.sid, 300))
    one, two = (api.get(CLICKS, headers={"Accept-Encoding": "gzip, br"}) for _ in range(2))
    assert one.headers["Content-Encoding"] == "gzip"
    assert one.data == two.data
    assert len(gzip.decompress(one.data).splitlines()) == 300
    assert "Content-Encoding" not in api.get(CLICKS, headers={"Accept-Encoding": "gzip;q=0"}).headers
    assert api.get(CLICKS).headers["Vary"] == "Accept-Encoding"


def test_it_says_whether_the_day_is_over(api: Caller, log: EventLog) -> None:
    log.append(clicks(api.sid, 1))
    assert api.get(CLICKS).headers["X-Log-Complete"] == "false"
    log.append([], complete=DAY)
    assert api.get(CLICKS).headers["X-Log-Complete"] == "true"


def test_a_day_in_files_reads_the_same(api: Caller, log: EventLog, tmp_path: Path) -> None:
    log.append(clicks(api.sid, 700))
    before = [api.get(CLICKS + form).data for form in ("", "header/", "json/", "xml/")]
    rules = FileRules(event_days=90, file_days=0, number_days=0, text_days=0)
    archive = Archive(tmp_path)
    desk = FileDesk(events=EventDays(archive), files=DayFiles(tmp_path), retention=Retention(archive), rules=rules)
    log.append([], complete=DAY)
    assert move_days(desk, today=DAY + 100) == 1
    desk.retention.drop_moved()
    assert log.page(api.sid).events == []
    assert list(DayFiles(tmp_path).all()) == [(api.sid, DATE, "clicks")]
    assert [api.get(CLICKS + form).data for form in ("", "header/", "json/", "xml/")] == before
    assert api.get("/logfiles/").get_json() == [DATE]


def test_a_day_in_a_bucket_reads_the_same_and_is_503_while_that_is_away(
    open_api: Callable[..., Caller], log: EventLog, tmp_path: Path, bucket: Bucket
) -> None:
    api = open_api(archive_dir=tmp_path, archive_s3_url=bucket.address, archive_s3_endpoint=bucket.endpoint)
    log.append(clicks(api.sid, 700), complete=DAY)
    before = api.get(CLICKS).data
    settings = Settings(
        archive_dir=tmp_path, archive_s3_url=bucket.address, archive_s3_endpoint=bucket.endpoint, logfile_days=0
    )
    assert move_days(build_file_desk(settings), today=DAY + 100) == 1
    assert bucket.names() == [f"{api.sid}/{DATE}/clicks.jsonl.gz"]
    assert api.get(CLICKS).data == before
    bucket.away = True
    answers = [api.get(CLICKS) for _ in range(9)]  # what could not be begun takes no room
    assert {(one.status_code, one.mimetype, "Retry-After" in one.headers) for one in answers} == {(503, PROBLEM, True)}
    assert "bucket" in answers[0].get_json()["detail"]
    assert api.get("/logfiles/").get_json() == [DATE], "what is in the database is told"


def test_without_an_archive_it_says_what_is_missing(open_api: Callable[..., Caller]) -> None:
    answer = open_api().get("/logfiles/")
    assert (answer.status_code, answer.mimetype) == (503, PROBLEM)
    assert "SHORTLINK_ARCHIVE_DIR is not set" in answer.get_json()["detail"]


def test_head_has_no_body(api: Caller, log: EventLog) -> None:
    log.append(clicks(api.sid, 1))
    answer = api.client.head(CLICKS, auth=(api.sid, api.token))
    assert (answer.status_code, answer.data, answer.mimetype) == (200, b"", "text/csv")
    assert "Content-Length" not in answer.headers  # GET streams; 0 would be wrong


def test_downloads_that_are_not_taken_leave_no_room_for_more_until_one_ends(api: Caller, log: EventLog) -> None:
    log.append(clicks(api.sid, 3))

    def ask(**options: Any) -> TestResponse:
        return api.client.open(CLICKS, auth=(api.sid, api.token), **options)

    begun = [ask() for _ in range(8)]
    refused = ask()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
    assert "wait until one has come" in refused.get_json()["detail"]
    assert ask(method="HEAD").status_code == 200
    begun[0].close()
    assert ask().status_code == 200
