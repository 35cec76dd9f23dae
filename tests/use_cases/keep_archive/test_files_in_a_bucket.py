"""Files of old days in a bucket, which may be away, and to which they may go later."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from shortlink.archive.events import EventLog
from shortlink.dialects.log_names import date_of
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.use_cases.blank_files import clean_files
from shortlink.use_cases.erase_archived import erase_archived
from shortlink.use_cases.file_away import FileDesk, move_days
from shortlink.use_cases.keep_archive import keep_archive
from tests.s3 import Bucket
from tests.use_cases.keep_archive.filed import KEPT, OTHER, PERSON, SID, TODAY, Happen, in_bucket, logs


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
