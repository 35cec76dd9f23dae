"""File old days away: from the archive's events into compressed files, which take a tenth of the space."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from shortlink.archive.day_files import DayFiles, Row
from shortlink.archive.event_days import EventDays
from shortlink.archive.facts import NUMBERS, TEXTS
from shortlink.archive.retention import Retention
from shortlink.dialects.logs import LOGS, LogType, date_of, day_of
from shortlink.domain.errors import ArchiveUnavailable, DayFileDamaged
from shortlink.use_cases.read_logs import LogDesk, rows_of, there_on

log = logging.getLogger(__name__)
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesChanged:
    """How many rows of files changed, and which files are damaged, as `<sid>/<date>/<log>`: they stayed as they are."""

    rows: int = 0
    damaged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What was done: days moved into files, events dropped that are in files, cells blanked, rows erased, removed.

    `carried` are files that went to where the settings now want them, `damaged` those in which nothing was blanked.
    """

    carried: int
    moved: int
    dropped: int
    blanked: int
    erased: int
    removed: int
    damaged: frozenset[str] = frozenset()


def move_days(desk: FileDesk, *, today: int) -> int:
    """Write the logs of days that are old enough into files; says how many days of accounts it were.

    Readers go over to the files at once. A kill in between leaves the day where it was. The events themselves are
    removed by a later turn (`drop_moved`): somebody may be reading them.
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


def drop_moved(desk: FileDesk) -> int:
    """Remove the events of days that are in files, in small steps; says how many."""
    return desk.retention.drop_moved()


def keep_archive(desk: FileDesk, *, today: int) -> FileReport:
    """Move, blank and remove what is too old, and take erased numbers out of the files.

    Many short steps, each safe to repeat; what asks nothing of the files comes first, since they can be out of reach.
    Of the others each is tried, so that a full disk, say, keeps nobody from removing. Raises ArchiveUnavailable.
    """
    dropped = drop_moved(desk)
    blanked = _blank_events(desk, today)
    forgotten = _forget_messages(desk, today)
    troubles: list[ArchiveUnavailable] = []
    carried = _try(desk.files.carry, 0, troubles)
    moved = _try(lambda: move_days(desk, today=today), 0, troubles)
    removed = forgotten + _try(lambda: _remove_days(desk, today), 0, troubles)
    cells = _try(lambda: _blank_old_files(desk, today), FilesChanged(), troubles)
    rows = _try(lambda: clean_files(desk), FilesChanged(), troubles)
    if troubles:
        raise troubles[0]
    return FileReport(
        carried=carried,
        moved=moved,
        dropped=dropped,
        blanked=blanked + cells.rows,
        erased=rows.rows,
        removed=removed,
        damaged=frozenset(cells.damaged + rows.damaged),
    )


def _try(step: Callable[[], T], otherwise: T, troubles: list[ArchiveUnavailable]) -> T:
    try:
        return step()
    except ArchiveUnavailable as error:
        troubles.append(error)
        return otherwise


def clean_files(desk: FileDesk) -> FilesChanged:
    """Take the numbers that were erased out of the files, with what the persons wrote.

    While a file is damaged the numbers stay noted, for when it has been mended or removed.
    """
    numbers = desk.retention.erasures()
    if not numbers:
        return FilesChanged()
    wanted = frozenset(numbers)
    with desk.files.exclusively():
        changed = _change_files(desk, list(desk.files.all()), lambda type_: _blanking(type_, only=wanted))
    if not changed.damaged:
        desk.retention.note_erased(numbers)
    return changed


def _change_files(
    desk: FileDesk, files: Iterable[tuple[str, str, str]], changing: Callable[[LogType], Callable[[Row], bool]]
) -> FilesChanged:
    """Change file by file; one that is damaged is named in this process's log, and keeps nobody from the others."""
    rows, damaged = 0, []
    for account, date, name in files:
        try:
            rows += desk.files.change(account, date, name, changing(LogType(name)))
        except DayFileDamaged as error:
            log.error("%s/%s/%s: %s, and nothing can be blanked in it; mend or remove it", account, date, name, error)
            damaged.append(f"{account}/{date}/{name}")
    return FilesChanged(rows=rows, damaged=tuple(damaged))


def _blank_events(desk: FileDesk, today: int) -> int:
    rules, blanked = desk.rules, 0
    if rules.text_days:
        blanked += desk.retention.blank_texts(before=today - rules.text_days)
    if rules.number_days:
        blanked += desk.retention.blank_numbers(before=today - rules.number_days)
    return blanked


def _blank_old_files(desk: FileDesk, today: int) -> FilesChanged:
    rules, texts, numbers = desk.rules, FilesChanged(), FilesChanged()
    if rules.text_days:
        texts = _blank_files(desk, TEXTS, today - rules.text_days, numbers_too=False)
    if rules.number_days:
        numbers = _blank_files(desk, NUMBERS, today - rules.number_days, numbers_too=True)
    return FilesChanged(rows=texts.rows + numbers.rows, damaged=texts.damaged + numbers.damaged)


def _blank_files(desk: FileDesk, name: str, before: int, *, numbers_too: bool) -> FilesChanged:
    done = desk.retention.blanked_up_to(name)
    with desk.files.exclusively():
        old = [file for file in desk.files.all() if done < (day_of(file[1]) or -1) < before]
        changed = _change_files(desk, old, lambda type_: _blanking(type_, numbers_too=numbers_too))
    # The days from a damaged file on are looked at again, until it is mended or gone.
    whole = min([before, *(day_of(file.split("/")[1]) or 0 for file in changed.damaged)]) - 1
    if whole > done:
        desk.retention.note_blanked(name, whole)
    return changed


def _blanking(type_: LogType, *, only: frozenset[str] | None = None, numbers_too: bool = True) -> Callable[[Row], bool]:
    """Make what blanks the cells about a person in a row: of certain numbers only, or of everybody."""
    columns = LOGS[type_].columns
    number = next((place for place, column in enumerate(columns) if column.name == "recipient"), None)
    places = [place for place, column in enumerate(columns) if column.person and (numbers_too or place != number)]

    def change(row: Row) -> bool:
        if only is not None and (number is None or row[number] not in only):
            return False
        filled = [place for place in places if row[place]]
        for place in filled:
            row[place] = ""
        return bool(filled)

    return change


def _forget_messages(desk: FileDesk, today: int) -> int:
    return desk.retention.forget_messages(before=today - desk.rules.file_days) if desk.rules.file_days else 0


def _remove_days(desk: FileDesk, today: int) -> int:
    if not desk.rules.file_days:
        return 0
    removed = 0
    for account, day in desk.retention.days_before(today - desk.rules.file_days):
        desk.files.remove(account, date_of(day))
        desk.retention.forget_day(account, day)
        removed += 1
    return removed
