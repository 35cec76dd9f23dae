"""The archive's keeper: what cannot be done now is done later, and files are not read over and over for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.day_files import DayFiles
from shortlink.archive.event_days import EventDays
from shortlink.archive.retention import Retention
from shortlink.dialects.logs import LOGS, LogType
from shortlink.use_cases.file_away import FileDesk, FileRules
from worker.archive_keeper import ArchiveKeeper

PERSON, OTHER = "+818011234567", "+819012345678"


@dataclass
class CountingFiles(DayFiles):
    """Counts how often all files are walked."""

    walks: int = 0

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)

    def all(self) -> Iterator[tuple[str, str, str]]:
        self.walks += 1
        return super().all()


@pytest.fixture
def files(tmp_path: Path) -> CountingFiles:
    """Keep a file with the person and a damaged one."""
    files = CountingFiles(tmp_path)
    columns = LOGS[LogType.DELIVERIES].columns
    row = [PERSON if column.name == "recipient" else "x" for column in columns]
    for sid in ("SL1", "SL2"):
        files.write(sid, "2026-01-01", "deliveries", [row])
    (tmp_path / "logs" / "SL1" / "2026-01-01" / "deliveries.jsonl.gz").write_bytes(b"damaged")
    return files


def test_a_damaged_file_is_not_read_again_each_minute_but_when_more_is_erased(
    files: CountingFiles, tmp_path: Path
) -> None:
    archive = Archive(tmp_path)
    desk = FileDesk(
        events=EventDays(archive),
        files=files,
        retention=Retention(archive),
        rules=FileRules(event_days=0, file_days=0, number_days=0, text_days=0),
    )
    keeper = ArchiveKeeper(desk)
    desk.retention.forget_number(PERSON)
    walks = []
    for whole in (False, False, True, False, True):
        assert keeper.turn(whole=whole)
        walks.append(files.walks)
    assert walks == [1, 1, 2, 2, 3]
    assert PERSON not in str(list(files.rows("SL2", "2026-01-01", "deliveries")))
    desk.retention.forget_number(OTHER)
    assert keeper.turn(whole=False)
    assert files.walks == 4
    files.remove("SL1", "2026-01-01")
    assert keeper.turn(whole=True)
    assert desk.retention.erasures() == []
