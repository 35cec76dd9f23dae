"""Files that are missing, damaged or cannot be written keep nothing else from its order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.day_files import DayFiles
from shortlink.archive.event_days import EventDays
from shortlink.archive.retention import Retention
from shortlink.dialects.log_names import date_of
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.use_cases.erase_archived import ArchiveErasure, erase_archived
from shortlink.use_cases.file_away import FileDesk, move_days
from shortlink.use_cases.keep_archive import keep_archive
from shortlink.use_cases.read_logs import LogDesk
from tests.use_cases.keep_archive.filed import KEPT, PERSON, SID, TODAY, Happen, logs


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
