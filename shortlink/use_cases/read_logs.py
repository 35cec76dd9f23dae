"""Read log files: of recent days from the archive's events, of older ones from their files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from shortlink.archive.day_files import DayFiles
from shortlink.archive.event_days import EventDays
from shortlink.dialects.log_forms import FORMS
from shortlink.dialects.log_names import date_of, day_of, file_name, read_file_name
from shortlink.dialects.logs import LOGS, Cell, Log
from shortlink.domain.errors import NotFound
from shortlink.domain.event import EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One log of one day in one form. `complete` says that it changes no more, but when a person is erased."""

    name: str
    content_type: str
    complete: bool
    pieces: Iterator[str]


@dataclass(frozen=True, slots=True)
class LogDesk:
    """Where logs are read from."""

    events: EventDays
    files: DayFiles

    def days(self, sid: str) -> list[str]:
        """List the dates of which an account has logs, oldest first."""
        return [date_of(day) for day in self.events.days(sid)]

    def names(self, sid: str, date: str) -> list[str]:
        """List the logs of a date; none when nothing happened. Raises NotFound for what is no date."""
        if (day := day_of(date)) is None:
            raise NotFound("no such date")
        there = there_on(day, self.events.filed(sid))
        return [file_name(log.type, day) for log in LOGS.values() if there & set(log.events)]

    def read(self, sid: str, name: str, form: str = "") -> LogFile:
        """Read a log in one of the forms; it is empty when nothing happened. Raises NotFound for any other name."""
        found = read_file_name(name)
        if found is None or form not in FORMS:
            raise NotFound("no such log file")
        log, day = found
        content_type, write = FORMS[form]
        return LogFile(
            name=name,
            content_type=content_type,
            complete=self.events.is_complete(day),
            pieces=write(log, rows_of(sid, log, day, desk=self)),
        )


def there_on(day: int, filed: Iterable[tuple[int, EventType]]) -> set[EventType]:
    """Name the types of which there are events on a UTC day."""
    return {type_ for of_day, type_ in filed if of_day == day}


def rows_of(sid: str, log: Log, day: int, *, desk: LogDesk) -> Iterator[list[Cell]]:
    """Walk over the rows of a log. Raises ArchiveUnavailable when its day is in files and they cannot be reached."""
    if desk.events.is_moved(sid, day):
        if there_on(day, desk.events.filed(sid)) & set(log.events):  # of a log without events there is no file
            for row in desk.files.rows(sid, date_of(day), log.type.value):
                yield row + [None] * (len(log.columns) - len(row))  # columns that came later
        return
    for event in desk.events.of_day(sid, day, log.events):
        if log.holds(event):
            yield log.row(event)
