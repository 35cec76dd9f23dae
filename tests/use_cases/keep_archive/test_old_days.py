"""Keeping the archive in order: old days become files, what is too old goes, what was erased goes everywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.messages import MessageIndex
from shortlink.dialects.log_names import date_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, EventType
from shortlink.use_cases.blank_files import clean_files
from shortlink.use_cases.erase_archived import ArchiveErasure, erase_archived
from shortlink.use_cases.file_away import FileDesk, FileRules, move_days
from shortlink.use_cases.keep_archive import keep_archive
from tests.factories import make_met
from tests.use_cases.keep_archive.filed import KEPT, OTHER, PERSON, SID, TODAY, Happen, logs


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
