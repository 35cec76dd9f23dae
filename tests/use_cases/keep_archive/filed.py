"""An archive of which old days go into files: its names, its rules, its logs as one text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shortlink.archive.day_files import DayFiles
from shortlink.bootstrap.day_files import build_day_files
from shortlink.config import Settings
from shortlink.domain.event import Event
from shortlink.use_cases.file_away import FileDesk, FileRules
from shortlink.use_cases.read_logs import LogDesk
from tests.s3 import Bucket

SID = "SL1"
TODAY = 20_000
PERSON, OTHER = "+818011234567", "+819012345678"
KEPT = FileRules(event_days=0, file_days=0, number_days=0, text_days=0)
Happen = Callable[..., Event]


def in_bucket(folder: Path, bucket: Bucket) -> DayFiles:
    return build_day_files(Settings(archive_s3_url=bucket.address, archive_s3_endpoint=bucket.endpoint), folder)


def logs(desk: FileDesk, days_ago: int) -> str:
    """Read all logs of a day as one text."""
    reader = LogDesk(desk.events, desk.files)
    date = reader.days(SID)[-1] if days_ago == 0 else None
    names = [name for found in ([date] if date else reader.days(SID)) for name in reader.names(SID, found)]
    return "".join(piece for name in names for piece in reader.read(SID, name, "json").pieces)
