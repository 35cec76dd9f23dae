"""Erase a person from the archive: the number and what the person wrote, in its database and in every file."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.use_cases.file_away import FileDesk, clean_files


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveErasure:
    """What lost number and text: rows of the database, and lines of log files of past days."""

    rows: int
    lines: int


def erase_archived(number: str, desk: FileDesk) -> ArchiveErasure:
    """Take a number (E.164) out of the archive; a second call finds nothing left. Raises ArchiveUnavailable."""
    rows = desk.events.forget(number)
    return ArchiveErasure(rows=rows, lines=clean_files(desk))
