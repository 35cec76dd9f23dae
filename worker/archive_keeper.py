"""Keeping the archive in order beside the recorder's work, in a thread of its own and on its own connections."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from shortlink.domain.errors import ArchiveUnavailable
from shortlink.use_cases.file_away import clean_files, keep_archive

if TYPE_CHECKING:
    from shortlink.archive.recorder_lock import RecorderLock
    from shortlink.use_cases.file_away import FileDesk

log = logging.getLogger(__name__)
LOOK_SECONDS = 60.0  # at numbers that were erased
TURN_SECONDS = 3600.0
_DAY_SECONDS = 86_400


def start_archive_keeper(desk: FileDesk, lock: RecorderLock) -> None:
    """Keep the archive in order for as long as this process lives and is the one that writes."""

    def run() -> None:
        pause, next_turn = threading.Event(), 0.0
        while not pause.wait(LOOK_SECONDS):
            if not lock.held:
                continue
            whole = time.monotonic() >= next_turn
            if keep_archive_once(desk, whole=whole) and whole:
                next_turn = time.monotonic() + TURN_SECONDS

    threading.Thread(target=run, name="archive-keeper", daemon=True).start()


def keep_archive_once(desk: FileDesk, *, whole: bool) -> bool:
    """Do what is due and log what came of it; False when it has to be tried again. Never raises."""
    try:
        if not whole:
            clean_files(desk)
            return True
        report = keep_archive(desk, today=int(time.time()) // _DAY_SECONDS)
    except ArchiveUnavailable as error:
        log.warning("%s; the archive is put in order later", error)
        return False
    except Exception:  # the thread must live on: nobody would notice its end
        log.exception("putting the archive in order failed; it is tried again")
        return False
    done = (report.moved, report.carried, report.dropped, report.blanked, report.erased, report.removed)
    log.log(
        logging.INFO if any(done) else logging.DEBUG,
        "kept the archive: %d days moved into files, %d files carried, %d events dropped, %d cells blanked,"
        " %d rows erased, %d removed",
        *done,
    )
    return True
