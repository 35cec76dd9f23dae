"""Blank what is about people in the files of past days: because it is old, or because they are erased."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shortlink.archive.day_files import Row
from shortlink.archive.facts import NUMBERS, TEXTS
from shortlink.dialects.log_names import day_of
from shortlink.dialects.logs import LOGS, LogType
from shortlink.domain.errors import DayFileDamaged
from shortlink.use_cases.file_away import FileDesk

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesChanged:
    """How many rows of files changed, and which files are damaged, as `<sid>/<date>/<log>`: they stayed as they are."""

    rows: int = 0
    damaged: tuple[str, ...] = ()


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


def blank_old_files(desk: FileDesk, *, today: int) -> FilesChanged:
    """Take texts and numbers out of the files of days that are too old to hold them."""
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
