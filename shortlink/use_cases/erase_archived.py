"""Erase a person from the archive: the number and what the person wrote, in its database and in every file."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.opt_out import spellings
from shortlink.use_cases.blank_files import clean_files
from shortlink.use_cases.file_away import FileDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveErasure:
    """What lost number and text: rows of the database, and lines of log files of past days.

    `lines` is None while those files cannot be reached; the recorder cleans them as soon as they can. `damaged` are
    the files that cannot be read, as `<sid>/<date>/<log>`.
    """

    rows: int
    lines: int | None
    damaged: tuple[str, ...] = ()


def erase_archived(number: str, desk: FileDesk) -> ArchiveErasure:
    """Take a number (E.164) out of the archive, however it is written; a second call finds nothing left.

    Raises ArchiveUnavailable when the database cannot be written.
    """
    # With a note that files may hold it, which outlives this process.
    rows = sum(map(desk.retention.forget_number, spellings(number)))
    try:
        changed = clean_files(desk)
        return ArchiveErasure(rows=rows, lines=changed.rows, damaged=changed.damaged)
    except ArchiveUnavailable:
        return ArchiveErasure(rows=rows, lines=None)
