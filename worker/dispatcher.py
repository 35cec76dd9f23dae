"""The dispatcher: takes what is due from the ledger and offers it to the workers.

Any number may run; none leads, but at a slow carrier rate one at a time offers messages. Started by
`python -m worker.dispatcher`.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from shortlink.bootstrap.dispatch import build_dispatch
from shortlink.bootstrap.house import build_house_desk, build_key_watch
from shortlink.domain.due import Due
from shortlink.domain.errors import StoreUnavailable
from shortlink.outbox import Outbox
from shortlink.use_cases.lane import Lane, make_lanes
from shortlink.use_cases.offer_due import offer_due
from worker.heartbeat import heartbeat
from worker.housekeeper import start_housekeeper
from worker.signals import stop_on_signals
from worker.start import begin
from worker.trouble_log import TroubleLog

if TYPE_CHECKING:
    from shortlink.storage.ledger import Ledger

log = logging.getLogger("dispatcher")
LONGEST_SLEEP_SECONDS = 0.5  # a wake hint may get lost; nothing waits longer than this for it
REST_SECONDS = 0.005  # between two offers of a kind: what falls due meanwhile goes out in one
STORE_AWAY_SECONDS = 0.2


class Dispatcher:
    """Offers due work until it is told to stop."""

    def __init__(
        self, ledger: Ledger, outbox: Outbox, lanes: Mapping[Due, Lane], *, trouble: TroubleLog | None = None
    ) -> None:
        self._ledger = ledger
        self._outbox = outbox
        self._lanes = lanes
        self._trouble = trouble or TroubleLog(log)
        self._stopping = False

    def stop(self, *_: object) -> None:
        """End after the round under way; safe in a signal handler."""
        self._stopping = True

    def run(self) -> None:
        """Offer whatever is due, forever; a store that is away is waited for."""
        while not self._stopping:
            try:
                with self._ledger.hints() as wait:
                    self._run_rounds(wait)
            except StoreUnavailable as error:
                self._trouble.met(error)
                time.sleep(STORE_AWAY_SECONDS)

    def _run_rounds(self, wait: Callable[[float], set[Due]]) -> None:
        planned = dict.fromkeys(Due, 0.0)
        rested = dict.fromkeys(Due, 0.0)
        while not self._stopping:
            now = time.monotonic()
            for due in [due for due in Due if planned[due] <= now]:
                planned[due] = now + self._offer(due)
                rested[due] = time.monotonic() + REST_SECONDS
            for due in wait(max(0.0, min(planned.values()) - time.monotonic())):
                planned[due] = min(planned[due], rested[due])

    def _offer(self, due: Due) -> float:
        next_ms = offer_due(self._lanes[due], outbox=self._outbox)
        self._trouble.is_over()
        return LONGEST_SLEEP_SECONDS if next_ms is None else min(LONGEST_SLEEP_SECONDS, next_ms / 1000)


def main() -> int:
    """Run a dispatcher until SIGTERM, SIGINT or SIGHUP."""
    workplace = begin()
    settings, presence = workplace.settings, workplace.presence
    desk = build_dispatch(settings)
    trouble = TroubleLog(log, check=presence.check_writable)
    lanes = make_lanes(desk.ledger, pace=desk.pace, again_ms=int(settings.offer_seconds * 1000))
    dispatcher = Dispatcher(desk.ledger, desk.outbox, lanes, trouble=trouble)
    stop_on_signals(dispatcher.stop)
    start_housekeeper(build_house_desk(settings), build_key_watch(settings))
    with heartbeat("dispatcher", presence, trouble):
        dispatcher.run()
    with suppress(StoreUnavailable):
        desk.pace.leave_offering()
    return 0


if __name__ == "__main__":
    sys.exit(main())
