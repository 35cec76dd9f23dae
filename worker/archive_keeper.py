"""Keeping the archive in order beside the recorder's work, in a thread of its own and on its own connections."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.use_cases.blank_files import clean_files
from shortlink.use_cases.keep_archive import keep_archive

if TYPE_CHECKING:
    from shortlink.archive.recorder_lock import RecorderLock
    from shortlink.use_cases.file_away import FileDesk
    from shortlink.use_cases.keep_archive import FileReport

log = logging.getLogger(__name__)
LOOK_SECONDS = 60.0  # at numbers that were erased
TURN_SECONDS = 3600.0


class ArchiveKeeper:
    """Does what is due, and remembers which numbers only damaged files may still hold."""

    def __init__(self, desk: FileDesk) -> None:
        self._desk = desk
        self._left: frozenset[str] = frozenset()

    def turn(self, *, whole: bool) -> bool:
        """Do what is due and log what came of it; False when it has to be tried again. Never raises."""
        try:
            erasures = frozenset(self._desk.retention.erasures())
            if whole:
                report = keep_archive(self._desk, today=int(time.time() * 1000) // DAY_MS)
                self._left = erasures if report.damaged else frozenset()
                _tell(report)
            elif not erasures <= self._left:  # else every file was read for them, and a whole turn reads them again
                self._left = erasures if clean_files(self._desk).damaged else frozenset()
        except ArchiveUnavailable as error:
            log.warning("%s; the archive is put in order later", error)
            return False
        except Exception:  # the thread must live on: nobody would notice its end
            log.exception("putting the archive in order failed; it is tried again")
            return False
        return True


def start_archive_keeper(desk: FileDesk, lock: RecorderLock) -> None:
    """Keep the archive in order for as long as this process lives and is the one that writes."""
    keeper = ArchiveKeeper(desk)

    def run() -> None:
        pause, next_turn = threading.Event(), 0.0
        while not pause.wait(LOOK_SECONDS):
            if not lock.held:
                continue
            whole = time.monotonic() >= next_turn
            if keeper.turn(whole=whole) and whole:
                next_turn = time.monotonic() + TURN_SECONDS

    threading.Thread(target=run, name="archive-keeper", daemon=True).start()


def _tell(report: FileReport) -> None:
    done = (report.moved, report.carried, report.dropped, report.blanked, report.erased, report.removed)
    log.log(
        logging.INFO if any(done) else logging.DEBUG,
        "kept the archive: %d days moved into files, %d files carried, %d events dropped, %d cells blanked,"
        " %d rows erased, %d removed",
        *done,
    )
