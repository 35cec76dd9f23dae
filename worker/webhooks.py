"""The process that tells webhooks of events: `python -m worker.webhooks`.

Reads the archive, and keeps there what it owes. One is enough; a second one takes over what the first has left.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from typing import TYPE_CHECKING

from shortlink.bootstrap.webhooks import build_teller
from shortlink.bootstrap.wrong_settings import ending_on_wrong_settings
from shortlink.domain.callback import Attempt
from shortlink.domain.errors import ArchiveUnavailable, StoreUnavailable
from shortlink.use_cases.tell_round import Rounds, tell_round
from shortlink.use_cases.tell_webhooks import KnownWebhooks, TellDesk
from shortlink.use_cases.webhook_posts import PostDesk, make_post
from worker.crew import Crew
from worker.heartbeat import heartbeat
from worker.signals import stop_on_signals
from worker.start import begin
from worker.trouble_log import TroubleLog

if TYPE_CHECKING:
    from shortlink.archive.webhook_attempts import Claimed
    from shortlink.domain.webhook import Webhook

LOOK_SECONDS = 0.25  # how long news may lie in the archive before anybody looks
AWAY_SECONDS = 0.5
DRAIN_SECONDS = 7.0
log = logging.getLogger("webhooks")


class Teller:
    """Claims what is due and hands it to a crew, until it is told to stop."""

    def __init__(self, tell: TellDesk, post: PostDesk, *, threads: int, trouble: TroubleLog | None = None) -> None:
        self._tell = tell
        self._post = post
        self._rounds = Rounds(known=KnownWebhooks(tell.webhooks))
        self._trouble = trouble or TroubleLog(log)
        self._crew = Crew(self._work, size=threads, trouble=self._trouble)
        self._threads = threads
        self._under_way: dict[str, tuple[Claimed, Webhook, int]] = {}
        self._wake = threading.Event()
        self._stopping = False

    def stop(self, *_: object) -> None:
        """End after the round under way; safe in a signal handler, which must not take the lock of a wait."""
        self._stopping = True

    def run(self) -> None:
        """Tell whatever is to be told, forever; a store or an archive that is away is waited for."""
        while not self._stopping:
            try:
                self._tell.events.open()
                while not self._stopping:
                    self._round()
            except (StoreUnavailable, ArchiveUnavailable) as error:
                self._trouble.met(error)
                time.sleep(AWAY_SECONDS)
        if not self._crew.drain(DRAIN_SECONDS):
            log.warning("stopped with calls under way; their leases bring them back")

    def _round(self) -> None:
        self._wake.clear()
        claimed = tell_round(self._rounds, self._tell, free=self._threads - len(self._under_way))
        self._trouble.is_over()
        webhooks = self._rounds.known.all()
        claimed_at = self._tell.now()
        for one in claimed:
            name = f"{one.n}.{one.number}"
            self._under_way[name] = (one, webhooks[one.webhook], claimed_at)
            self._crew.take([name])
        if not claimed:
            self._wake.wait(LOOK_SECONDS)

    def _work(self, name: str) -> None:
        claimed, webhook, claimed_at = self._under_way[name]
        attempt: Attempt | None = None
        try:
            attempt = make_post(claimed, webhook, self._post, claimed_at=claimed_at)
        finally:
            answered_well = attempt.answered if attempt else None
            seconds = attempt.duration_ms / 1000 if attempt else 0.0
            self._tell.gate.leave(webhook.url, account=webhook.account, answered_well=answered_well, seconds=seconds)
            del self._under_way[name]
            self._wake.set()


def main() -> int:
    """Run until SIGTERM, SIGINT or SIGHUP, then finish the calls under way."""
    workplace = begin()
    settings = workplace.settings
    with ending_on_wrong_settings():
        tell, post = build_teller(settings)
    trouble = TroubleLog(log, check=workplace.presence.check_writable)
    teller = Teller(tell, post, threads=settings.worker_threads, trouble=trouble)
    stop_on_signals(teller.stop)
    with heartbeat("webhooks", workplace.presence, trouble):
        teller.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
