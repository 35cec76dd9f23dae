"""The recorder: copies events from the store into the archive, and keeps the archive in order.

Any number may run on one archive; one of them writes, the others wait for its end. Started by
`python -m worker.recorder`.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from shortlink.bootstrap.archive import build_file_desk, build_record_desk
from shortlink.bootstrap.wrong_settings import ending_on_wrong_settings
from shortlink.domain.errors import ArchiveUnavailable, Overtaken, StoreUnavailable
from shortlink.use_cases.record_events import record_events
from worker.archive_keeper import start_archive_keeper
from worker.heartbeat import heartbeat
from worker.rest import rest
from worker.signals import stop_on_signals
from worker.start import begin
from worker.trouble_log import TroubleLog

if TYPE_CHECKING:
    from shortlink.archive.recorder_lock import RecorderLock
    from shortlink.use_cases.record_events import RecordDesk

log = logging.getLogger("recorder")
WAIT_MS = 1000  # for the first entry; a stop is noticed after this
PAUSE_SECONDS = 0.05  # between two rounds: what comes meanwhile is written at once, and pages still see it soon
TROUBLE_SECONDS = 1.0
STANDBY_SECONDS = 1.0


class Recorder:
    """Records events until it is told to stop."""

    def __init__(
        self,
        desk: RecordDesk,
        lock: RecorderLock,
        *,
        wait_ms: int = WAIT_MS,
        trouble: TroubleLog | None = None,
    ) -> None:
        self._desk = desk
        self._lock = lock
        self._wait_ms = wait_ms
        self._trouble = trouble or TroubleLog(log)
        self._stopping = False

    def stop(self, *_: object) -> None:
        """End after the round under way; safe in a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Record whatever comes, forever; a store or an archive that is away is waited for."""
        while not self._stopping:
            try:
                pause = self._run_round()
            except (StoreUnavailable, ArchiveUnavailable) as error:
                self._trouble.met(error)
                pause = TROUBLE_SECONDS
            except Overtaken as error:
                log.error("%s; reading on from there", error)
                pause = TROUBLE_SECONDS
            rest(pause, lambda: self._stopping)
        self._lock.release()

    def _run_round(self) -> float:
        if not self._lock.take():
            return STANDBY_SECONDS
        record_events(self._desk, wait_ms=self._wait_ms)
        self._trouble.is_over()
        return PAUSE_SECONDS


def main() -> int:
    """Run a recorder until SIGTERM, SIGINT or SIGHUP, then finish the batch under way."""
    workplace = begin()
    with ending_on_wrong_settings():
        desk, lock = build_record_desk(workplace.settings)
        file_desk = build_file_desk(workplace.settings)
    trouble = TroubleLog(log, check=workplace.presence.check_writable)
    recorder = Recorder(desk, lock, trouble=trouble)
    stop_on_signals(recorder.stop)
    start_archive_keeper(file_desk, lock)
    with heartbeat("recorder", workplace.presence, trouble):
        recorder.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
