"""Keeping the archive in order: old days become files, what is too old goes, what was erased goes everywhere."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.day_files import DayFiles
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.messages import MessageIndex
from shortlink.archive.retention import Retention
from shortlink.bootstrap.day_files import build_day_files
from shortlink.config import Settings
from shortlink.dialects.log_names import date_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.event import Event, EventType
from shortlink.domain.message_id import new_message_id
from shortlink.use_cases.blank_files import clean_files
from shortlink.use_cases.erase_archived import ArchiveErasure, erase_archived
from shortlink.use_cases.file_away import FileDesk, FileRules, move_days
from shortlink.use_cases.keep_archive import keep_archive
from shortlink.use_cases.read_logs import LogDesk
from tests.factories import MINT, make_met
from tests.s3 import Bucket

SID = "SL1"
TODAY = 20_000
PERSON, OTHER = "+818011234567", "+819012345678"
KEPT = FileRules(event_days=0, file_days=0, number_days=0, text_days=0)
Happen = Callable[..., Event]


@pytest.fixture
def log(archive: Archive) -> EventLog:
    return EventLog(archive)


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> DayFiles:
    """Keep files in the archive's folder, or in a bucket."""
    if request.param == "folder":
        return DayFiles(tmp_path)
    return in_bucket(tmp_path, request.getfixturevalue("bucket"))


def in_bucket(folder: Path, bucket: Bucket) -> DayFiles:
    return build_day_files(Settings(archive_s3_url=bucket.address, archive_s3_endpoint=bucket.endpoint), folder)


@pytest.fixture
def desk(archive: Archive, files: DayFiles) -> FileDesk:
    return FileDesk(events=EventDays(archive), files=files, retention=Retention(archive), rules=KEPT)


@pytest.fixture
def happen(log: EventLog) -> Happen:
    """Keep a click or, of a person who wrote, an answer of so many days ago; everything is complete but today."""

    def put(days_ago: int, *, number: str = PERSON, text: str | None = None) -> Event:
        at, code = (TODAY - days_ago) * DAY_MS, MINT.draw()
        about: dict[str, Any] = {"message_id": new_message_id(code), "code": code} if text is None else {}
        event = Event(
            id=f"a{at}-0",
            type=EventType.LINK_CLICKED if text is None else EventType.MESSAGE_RECEIVED,
            at=at,
            account=SID,
            recipient=number,
            data={"first": True} if text is None else {"text": text},
            **about,
        )
        log.append([event], complete=TODAY - 1)
        return event

    return put


def logs(desk: FileDesk, days_ago: int) -> str:
    """Read all logs of a day as one text."""
    reader = LogDesk(desk.events, desk.files)
    date = reader.days(SID)[-1] if days_ago == 0 else None
    names = [name for found in ([date] if date else reader.days(SID)) for name in reader.names(SID, found)]
    return "".join(piece for name in names for piece in reader.read(SID, name, "json").pieces)


def test_old_days_move_into_files_and_read_as_before(desk: FileDesk, happen: Happen, log: EventLog) -> None:
    happen(91)
    young = happen(89)
    before = logs(desk, 91)
    desk = replace(desk, rules=replace(KEPT, event_days=90))
    assert keep_archive(desk, today=TODAY).moved == 1
    assert len(log.page(SID).events) == 2, "somebody may be reading them"
    assert keep_archive(desk, today=TODAY).dropped == 1
    assert [event.id for event in log.page(SID).events] == [young.id]
    assert logs(desk, 91) == before
    report = keep_archive(desk, today=TODAY)
    assert (report.moved, report.dropped) == (0, 0)


def test_a_file_from_before_a_column_came_reads_with_that_column_empty(desk: FileDesk, log: EventLog) -> None:
    at = (TODAY - 91) * DAY_MS
    log.append([Event(id="a1-0", type=EventType.LINK_PREVIEWED, at=at, account=SID, data={"verdict": "preview"})])
    log.append([], complete=TODAY - 1)
    keep_archive(replace(desk, rules=replace(KEPT, event_days=90)), today=TODAY)
    [(account, date, name)] = desk.files.all()
    whole = logs(desk, 91)
    assert '"by": null' in whole
    desk.files.write(account, date, name, [row[:-1] for row in desk.files.rows(account, date, name)])
    assert logs(desk, 91) == whole


def test_a_day_that_is_not_complete_stays(desk: FileDesk, happen: Happen, archive: Archive) -> None:
    happen(91)
    with archive.writing() as connection:
        connection.execute("UPDATE facts SET value = 0")
    assert move_days(replace(desk, rules=replace(KEPT, event_days=90)), today=TODAY) == 0


@pytest.mark.parametrize("in_files", [False, True])
def test_an_erased_person_is_in_no_log(in_files: bool, desk: FileDesk, happen: Happen, log: EventLog) -> None:
    happen(10)
    happen(10, text="I am Hanako")
    happen(10, number=OTHER)
    happen(10, number=OTHER, text="I am Taro")
    if in_files:
        move_days(replace(desk, rules=replace(KEPT, event_days=5)), today=TODAY)
    assert erase_archived(PERSON, desk) == ArchiveErasure(rows=2, lines=2 if in_files else 0)
    left = logs(desk, 10)
    assert (PERSON in left, "Hanako" in left) == (False, False)
    assert (OTHER in left, "Taro" in left) == (True, True)
    assert PERSON not in str(log.page(SID).events)
    assert clean_files(desk).rows == 0


@pytest.mark.parametrize("in_files", [False, True])
def test_texts_and_numbers_go_after_their_days(in_files: bool, desk: FileDesk, happen: Happen) -> None:
    texts = ("an old one", "a young one", "an ancient one")  # with blanks, which no id can hold by chance
    for days_ago, text in zip((31, 30, 366), texts, strict=True):
        happen(days_ago, text=text, number=f"+8180112{days_ago:05}")
        happen(days_ago, number=f"+8180113{days_ago:05}")
    if in_files:
        move_days(replace(desk, rules=replace(KEPT, event_days=5)), today=TODAY)
    rules = replace(KEPT, text_days=30, number_days=365)
    keep_archive(replace(desk, rules=rules), today=TODAY)
    left = logs(desk, 31)
    assert [text in left for text in texts] == [False, True, False]
    numbers = [f"+818011{kind}{days_ago:05}" for days_ago in (30, 31, 366) for kind in (2, 3)]
    assert [number in left for number in numbers] == [True, True, True, True, False, False]
    assert keep_archive(replace(desk, rules=rules), today=TODAY).blanked == 0
    assert "a young one" not in logs_after(desk, rules)


def logs_after(desk: FileDesk, rules: FileRules) -> str:
    keep_archive(replace(desk, rules=rules), today=TODAY + 1)
    return logs(desk, 30)


@pytest.mark.parametrize("in_files", [False, True])
def test_what_is_too_old_goes_and_its_figures_stay(
    in_files: bool, desk: FileDesk, happen: Happen, archive: Archive
) -> None:
    gone, kept = happen(731), happen(730)
    if in_files:
        move_days(replace(desk, rules=replace(KEPT, event_days=5)), today=TODAY)
    keep_archive(replace(desk, rules=replace(KEPT, file_days=730)), today=TODAY)
    assert desk.events.days(SID) == [TODAY - 730]
    index = MessageIndex(archive)
    assert index.get(SID, gone.message_id) is None
    assert index.get(SID, kept.message_id) is not None
    assert date_of(TODAY - 731) not in [date for _, date, _ in desk.files.all()]
    assert Figures(archive).totals(SID, since=0, until=TODAY * DAY_MS).clicks == 2


@pytest.mark.parametrize("files", ["folder"], indirect=True)
def test_a_number_goes_with_the_log_files_though_its_message_stays_for_its_link(
    desk: FileDesk, log: EventLog, archive: Archive
) -> None:
    sent_at = (TODAY - 31) * DAY_MS
    log.append([], met=[make_met(account=SID, recipient=PERSON, accepted_at=sent_at, expires_at=TODAY * DAY_MS)])
    keep_archive(replace(desk, rules=replace(KEPT, file_days=30, number_days=365)), today=TODAY)
    assert [row.recipient for row in MessageIndex(archive).search(SID)] == [""]


@pytest.mark.parametrize("files", ["folder"], indirect=True)
def test_a_file_is_for_its_owner_alone_and_always_the_same(desk: FileDesk, happen: Happen, tmp_path: Path) -> None:
    happen(10)
    move = replace(desk, rules=replace(KEPT, event_days=5))
    move_days(move, today=TODAY)
    [path] = (tmp_path / "logs").rglob("*.gz")
    before = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    rows = list(desk.files.rows(SID, path.parent.name, "clicks"))
    desk.files.write(SID, path.parent.name, "clicks", rows)
    assert path.read_bytes() == before


@pytest.mark.parametrize("files", ["bucket"], indirect=True)
def test_while_the_bucket_is_away_nothing_is_lost_and_texts_go_all_the_same(
    desk: FileDesk, happen: Happen, log: EventLog, bucket: Bucket
) -> None:
    happen(91)
    happen(40, text="an old one")
    desk = replace(desk, rules=replace(KEPT, event_days=90, text_days=30))
    bucket.away = True
    for _ in range(2):
        with pytest.raises(ArchiveUnavailable):
            keep_archive(desk, today=TODAY)
    before = logs(desk, 91)
    assert ("link.clicked" in before, "an old one" in before, len(log.page(SID).events)) == (True, False, 2)
    bucket.away = False
    assert keep_archive(desk, today=TODAY).moved == 1
    assert keep_archive(desk, today=TODAY).dropped == 1
    assert logs(desk, 91) == before
    bucket.away = True
    with pytest.raises(ArchiveUnavailable):
        logs(desk, 91)


@pytest.mark.parametrize("files", ["bucket"], indirect=True)
def test_nothing_leaves_the_database_before_the_bucket_gives_it_back(
    desk: FileDesk, happen: Happen, log: EventLog, bucket: Bucket
) -> None:
    happen(91)
    desk = replace(desk, rules=replace(KEPT, event_days=90))
    bucket.spoils = True
    for _ in range(2):
        with pytest.raises(ArchiveUnavailable):
            keep_archive(desk, today=TODAY)
    assert len(log.page(SID).events) == 1
    assert not desk.events.is_moved(SID, TODAY - 91)


@pytest.mark.parametrize("files", ["bucket"], indirect=True)
def test_a_person_erased_while_the_bucket_is_away_leaves_it_later(
    desk: FileDesk, happen: Happen, bucket: Bucket
) -> None:
    happen(10, text="I am Hanako")
    move_days(replace(desk, rules=replace(KEPT, event_days=5)), today=TODAY)
    bucket.away = True
    assert erase_archived(PERSON, desk).lines is None
    bucket.away = False
    assert "Hanako" in logs(desk, 10)
    assert clean_files(desk).rows == 1
    assert "Hanako" not in logs(desk, 10)
    assert clean_files(desk).rows == 0


@pytest.mark.parametrize("files", ["folder"], indirect=True)
def test_days_in_the_folder_follow_into_a_bucket_that_is_set_later(
    desk: FileDesk, happen: Happen, bucket: Bucket, tmp_path: Path
) -> None:
    happen(10)
    happen(9, number=OTHER)
    move_days(replace(desk, rules=replace(KEPT, event_days=5)), today=TODAY)
    before = logs(desk, 10)
    later = replace(desk, files=in_bucket(tmp_path, bucket))
    assert logs(later, 10) == before
    assert [keep_archive(later, today=TODAY).carried for _ in range(2)] == [2, 0]
    assert logs(later, 10) == before
    assert bucket.names() == [f"{SID}/{date_of(TODAY - days)}/clicks.jsonl.gz" for days in (10, 9)]
    assert not list((tmp_path / "logs").rglob("*.gz"))
    with pytest.raises(ArchiveUnavailable, match="SHORTLINK_ARCHIVE_S3_URL"):
        logs(desk, 10)


def test_a_file_that_went_missing_is_not_taken_for_a_day_without_events(desk: FileDesk, happen: Happen) -> None:
    happen(10)
    move_days(replace(desk, rules=replace(KEPT, event_days=5)), today=TODAY)
    desk.files.remove(SID, date_of(TODAY - 10))
    with pytest.raises(ArchiveUnavailable, match="clicks of 2024-09-24 is missing"):
        logs(desk, 10)
    empty = LogDesk(desk.events, desk.files).read(SID, f"responses.{date_of(TODAY - 10)}.log", "json")
    assert "".join(empty.pieces) == "[]\n", "of a log without events there is no file"


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda data: data[:-12],
    "foreign": lambda _: b"x" * 100,
    "bent": lambda data: data[:20] + b"\0\0" + data[22:],
}


def damage(folder: Path, days_ago: int, how: str) -> Path:
    """Damage the file of what people wrote on a day."""
    path = folder / "logs" / SID / date_of(TODAY - days_ago) / "responses.jsonl.gz"
    path.write_bytes(DAMAGES[how](path.read_bytes()))
    return path


@pytest.mark.parametrize("files", ["folder"], indirect=True)
@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_file_keeps_a_person_in_no_other_and_is_named(
    how: str, desk: FileDesk, happen: Happen, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for days_ago in (12, 11, 10):
        happen(days_ago, text=f"I am Hanako {days_ago}")
    move_days(replace(desk, rules=replace(KEPT, event_days=5)), today=TODAY)
    whole = (tmp_path / "logs" / SID / date_of(TODAY - 11) / "responses.jsonl.gz").read_bytes()
    path = damage(tmp_path, 11, how)
    named = f"{SID}/{date_of(TODAY - 11)}/responses"
    with caplog.at_level(logging.ERROR):
        assert erase_archived(PERSON, desk) == ArchiveErasure(rows=3, lines=2, damaged=(named,))
    assert named in caplog.text
    assert PERSON not in caplog.text
    with pytest.raises(ArchiveUnavailable, match="responses of 2024-09-23 is damaged"):
        logs(desk, 10)
    path.write_bytes(whole)
    assert "Hanako 11" in logs(desk, 10)
    assert keep_archive(desk, today=TODAY).erased == 1, "the erasure stayed noted"
    assert ("Hanako" in logs(desk, 10), desk.retention.erasures()) == (False, [])


@pytest.mark.parametrize("files", ["folder"], indirect=True)
def test_texts_and_days_go_after_their_time_beside_a_damaged_file_and_from_it_once_it_is_mended(
    desk: FileDesk, happen: Happen, tmp_path: Path
) -> None:
    for days_ago in (731, 42, 41, 40):
        happen(days_ago, text=f"words of {days_ago}")
    move_days(replace(desk, rules=replace(KEPT, event_days=5)), today=TODAY)
    path = tmp_path / "logs" / SID / date_of(TODAY - 41) / "responses.jsonl.gz"
    whole = path.read_bytes()
    damage(tmp_path, 41, "torn")
    damage(tmp_path, 731, "torn")
    desk = replace(desk, rules=replace(KEPT, text_days=30, file_days=730))
    report = keep_archive(desk, today=TODAY)
    assert (report.removed, report.blanked) == (1, 2)
    assert report.damaged == {f"{SID}/{date_of(TODAY - 41)}/responses"}
    path.write_bytes(whole)
    assert "words of 41" in logs(desk, 40)
    assert keep_archive(desk, today=TODAY).blanked == 1
    assert "words" not in logs(desk, 40)
    assert keep_archive(desk, today=TODAY).damaged == frozenset()


def test_what_cannot_be_filed_keeps_no_old_day_from_going(archive: Archive, happen: Happen, tmp_path: Path) -> None:
    class FullDisk(DayFiles):
        def write(self, *_: object) -> None:
            raise ArchiveUnavailable("log files of past days cannot be used now (No space left on device)")

    rules = replace(KEPT, event_days=90, file_days=730)
    full = FileDesk(events=EventDays(archive), files=FullDisk(tmp_path), retention=Retention(archive), rules=rules)
    happen(731)
    happen(91)
    with pytest.raises(ArchiveUnavailable, match="No space"):
        keep_archive(full, today=TODAY)
    assert full.events.days(SID) == [TODAY - 91]


def test_a_folder_that_is_none_is_told_and_the_erasure_stays_noted(
    archive: Archive, happen: Happen, tmp_path: Path
) -> None:
    desk = FileDesk(events=EventDays(archive), files=DayFiles(tmp_path), retention=Retention(archive), rules=KEPT)
    happen(10, text="I am Hanako")
    (tmp_path / "logs").write_text("")
    assert erase_archived(PERSON, desk) == ArchiveErasure(rows=1, lines=None)
    assert desk.retention.erasures() == [PERSON]
