"""Build what looks into the archive of events."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.archive.database import Archive
from shortlink.archive.day_files import DayFiles
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.grand_totals import oldest_unsent_at
from shortlink.archive.messages import MessageIndex
from shortlink.archive.webhook_log import WebhookLog
from shortlink.bootstrap.day_files import build_day_files
from shortlink.config import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveReader:
    """What looks into the archive of events."""

    events: EventLog
    days: EventDays
    messages: MessageIndex
    figures: Figures
    webhooks: WebhookLog
    files: DayFiles
    archive: Archive

    def oldest_unsent_at(self) -> int | None:
        """Say when the oldest message was accepted that the carrier does not have for sure.

        None when there is none. Raises ArchiveUnavailable.
        """
        return oldest_unsent_at(self.archive)


def build_archive_reader(settings: Settings) -> ArchiveReader | None:
    """Build what looks into the archive; None when the installation keeps none. Raises SettingsError."""
    if settings.archive_dir is None:
        return None
    archive = Archive(settings.archive_dir)
    return ArchiveReader(
        events=EventLog(archive),
        days=EventDays(archive),
        messages=MessageIndex(archive),
        figures=Figures(archive),
        webhooks=WebhookLog(archive),
        files=build_day_files(settings, settings.archive_dir),
        archive=archive,
    )
