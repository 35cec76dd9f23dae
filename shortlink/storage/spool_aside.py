"""What of the spool no replay can store: it is set aside for whoever looks after it."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

log = logging.getLogger(__name__)
SUFFIX = ".clicks"
ASIDE = ".unreadable"


def private(path: str, flags: int) -> int:
    """Open a file that, if it is made, only its owner may read: a code tells whose message was opened."""
    return os.open(path, flags, 0o600)


def set_aside_lines(path: Path, lines: Sequence[bytes]) -> None:
    """Keep lines that cannot be read in a file of their own, and log it. Raises OSError."""
    _write(path, "wb", lines)
    log.error(
        "set aside %d lines of spooled clicks that cannot be read: mend them in %s and rename it to end in %s,"
        " or remove it",
        len(lines),
        path,
        SUFFIX,
    )


def set_aside_click(folder: Path, line: bytes) -> None:
    """Add a click whose link's record is damaged to this process's file of such, and log a new file. Raises OSError."""
    path = folder / f"{os.getpid()}-damaged{ASIDE}"
    is_new = not path.exists()
    _write(path, "ab", [line])
    if is_new:
        log.error(
            "set aside spooled clicks on links whose records cannot be read: mend those records and rename %s to end"
            " in %s, or remove it",
            path,
            SUFFIX,
        )


def _write(path: Path, mode: str, lines: Sequence[bytes]) -> None:
    with open(path, mode, opener=private) as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
