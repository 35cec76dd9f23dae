"""File old days away: from the archive's events into compressed files, which take a tenth of the space."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.archive.day_files import DayFiles
from shortlink.archive.event_days import EventDays
from shortlink.archive.retention import Retention
from shortlink.dialects.log_names import date_of
from shortlink.dialects.logs import LOGS
from shortlink.use_cases.read_logs import LogDesk, rows_of, there_on


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRules:
    """How long things are kept in the archive, in days; 0 keeps them for good."""

    event_days: int  # as events; then in files
    file_days: int
    number_days: int
    text_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDesk:
    """What keeping an archive in order needs."""

    events: EventDays
    files: DayFiles
    retention: Retention
    rules: FileRules


def move_days(desk: FileDesk, *, today: int) -> int:
    """Write the logs of days that are old enough into files; says how many days of accounts it were.

    Readers go over to the files at once. A kill in between leaves the day where it was. The events themselves are
    removed by a later turn (`Retention.drop_moved`): somebody may be reading them.
    """
    if not desk.rules.event_days:
        return 0
    moved = 0
    for account, day in desk.retention.days_to_move(before=today - desk.rules.event_days):
        with desk.files.exclusively():  # what is erased meanwhile is taken out of the files afterwards
            _move_day(desk, account, day)
        moved += 1
    return moved


def _move_day(desk: FileDesk, account: str, day: int) -> None:
    there = there_on(day, desk.events.filed(account))
    for log in LOGS.values():
        if there & set(log.events):
            rows = rows_of(account, log, day, desk=LogDesk(desk.events, desk.files))
            desk.files.write(account, date_of(day), log.type.value, rows)
    desk.retention.note_moved(account, day)
