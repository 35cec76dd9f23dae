"""Build where the log files of past days stand: the archive's folder, or a bucket."""

from __future__ import annotations

from pathlib import Path

from shortlink.archive.bucket_shelf import BucketShelf, check_bucket_client
from shortlink.archive.day_files import DayFiles
from shortlink.archive.outgoing_shelf import OutgoingShelf
from shortlink.archive.shelf import FolderShelf
from shortlink.config import Settings


def check_day_files(settings: Settings) -> None:
    """Raise SettingsError when old days are to go to a bucket whose client is not installed."""
    if settings.archive_s3_url is not None:
        check_bucket_client()


def build_day_files(settings: Settings, folder: Path) -> DayFiles:
    """Build them for an archive's folder; nothing is connected before first use. Raises SettingsError."""
    check_day_files(settings)
    if settings.archive_s3_url is None:
        return DayFiles(folder)
    here = FolderShelf(folder / "logs", bucket=settings.archive_s3_url)
    there = BucketShelf(settings.archive_s3_url, endpoint=settings.archive_s3_endpoint, room=folder)
    return DayFiles(folder, OutgoingShelf(here, there))
