"""Keep the archive in order: move, blank and remove what is too old, and take who was erased out of its files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shortlink.dialects.log_names import date_of
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.use_cases.blank_files import FilesChanged, blank_old_files, clean_files
from shortlink.use_cases.file_away import FileDesk, move_days

T = TypeVar("T")


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


def keep_archive(desk: FileDesk, *, today: int) -> FileReport:
    """Move, blank and remove what is too old, and take erased numbers out of the files.

    Many short steps, each safe to repeat; what asks nothing of the files comes first, since they can be out of reach.
    Of the others each is tried, so that a full disk, say, keeps nobody from removing. Raises ArchiveUnavailable.
    """
    dropped = desk.retention.drop_moved()
    blanked = _blank_events(desk, today)
    forgotten = _forget_messages(desk, today)
    troubles: list[ArchiveUnavailable] = []
    carried = _try(desk.files.carry, 0, troubles)
    moved = _try(lambda: move_days(desk, today=today), 0, troubles)
    removed = forgotten + _try(lambda: _remove_days(desk, today), 0, troubles)
    cells = _try(lambda: blank_old_files(desk, today=today), FilesChanged(), troubles)
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


def _blank_events(desk: FileDesk, today: int) -> int:
    rules, blanked = desk.rules, 0
    if rules.text_days:
        blanked += desk.retention.blank_texts(before=today - rules.text_days)
    # A message whose link lives stays in the index longer than `file_days`; its number does not.
    if number_days := min(filter(None, (rules.number_days, rules.file_days)), default=0):
        blanked += desk.retention.blank_numbers(before=today - number_days)
    return blanked


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
