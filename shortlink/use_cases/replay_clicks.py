"""Store the clicks that were spooled while the store was away, as soon as it is back."""

from __future__ import annotations

import logging
import threading

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.spool import SpooledClick
from shortlink.use_cases.follow_link import LinkDesk

log = logging.getLogger(__name__)
LOOK_SECONDS = 1.0


def replay_clicks(desk: LinkDesk) -> int:
    """Store the spooled clicks with their own times and count them. Raises StoreUnavailable; the rest stays spooled."""
    if desk.spool is None:
        return 0

    def keep(click: SpooledClick) -> None:
        kept = desk.links.keep_answered(
            click.code,
            click.judgement,
            spends=click.spends,
            callback_ms=desk.callback_ms,
            at=click.at,
            until=click.until,
        )
        if not kept:
            log.warning("dropped a spooled click: the store has no link %s any more", click.code)

    return desk.spool.replay(keep)


def start_replay(desk: LinkDesk, *, look_seconds: float = LOOK_SECONDS) -> None:
    """Look for spooled clicks again and again, for as long as this process lives; also those of a dead process."""
    if desk.spool is None:
        return

    def run() -> None:
        pause = threading.Event()
        while True:
            try:
                if count := replay_clicks(desk):
                    log.info("stored %d spooled clicks", count)
            except StoreUnavailable:
                log.debug("store still away; the clicks stay spooled")
            except Exception:  # a fault today must not end the replay for good
                log.exception("replaying spooled clicks failed")
            pause.wait(look_seconds)

    threading.Thread(target=run, name="replay", daemon=True).start()
