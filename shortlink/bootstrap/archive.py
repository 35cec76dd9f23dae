"""Build what writes the archive of events and keeps its files."""

from __future__ import annotations

from pathlib import Path

from shortlink.archive.database import Archive
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.archive.messages import MessageIndex
from shortlink.archive.recorder_lock import RecorderLock
from shortlink.archive.retention import Retention
from shortlink.bootstrap.day_files import build_day_files
from shortlink.config import Settings
from shortlink.domain.errors import SettingsError
from shortlink.storage.connection import connect
from shortlink.storage.events import EventStreams
from shortlink.use_cases.file_away import FileDesk, FileRules
from shortlink.use_cases.record_events import RecordDesk


def build_record_desk(settings: Settings) -> tuple[RecordDesk, RecorderLock]:
    """Build what recording events needs. Raises SettingsError when this installation keeps no archive."""
    folder = _folder(settings)
    archive = Archive(folder)
    streams = EventStreams(connect(settings.redis_url))
    desk = RecordDesk(streams=streams, log=EventLog(archive), index=MessageIndex(archive))
    return desk, RecorderLock(folder)


def build_file_desk(settings: Settings) -> FileDesk:
    """Build what keeping the archive in order needs. Raises SettingsError when this installation keeps none."""
    folder = _folder(settings)
    archive = Archive(folder)
    return FileDesk(
        events=EventDays(archive),
        files=build_day_files(settings, folder),
        retention=Retention(archive),
        rules=FileRules(
            event_days=settings.archive_event_days,
            file_days=settings.logfile_days,
            number_days=settings.number_days,
            text_days=settings.text_days,
        ),
    )


def has_archive(settings: Settings) -> bool:
    """Say whether this installation keeps an archive, and anything was ever put into it."""
    return settings.archive_dir is not None and Archive(settings.archive_dir).path.exists()


def _folder(settings: Settings) -> Path:
    if settings.archive_dir is None:
        raise SettingsError("SHORTLINK_ARCHIVE_DIR is not set: name the folder that the archive is to be kept in")
    return settings.archive_dir
