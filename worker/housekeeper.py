"""Keeping house beside other work: old texts and events go, in a thread of its own and on its own connection."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from shortlink.domain.errors import StoreUnavailable
from shortlink.use_cases.keep_house import keep_house

if TYPE_CHECKING:
    from shortlink.use_cases.compare_key import KeyWatch
    from shortlink.use_cases.keep_house import HouseDesk

log = logging.getLogger(__name__)
ASK_SECONDS = 60.0  # whose turn it is; the work itself is done once an hour


def start_housekeeper(desk: HouseDesk, key_watch: KeyWatch) -> None:
    """Look after the secret key, and keep house whenever it is this process's turn, for as long as it lives.

    A kill at any moment does no harm.
    """

    def run() -> None:
        pause = threading.Event()
        while True:
            _look_at_key(key_watch)
            keep_house_once(desk)
            pause.wait(ASK_SECONDS)

    threading.Thread(target=run, name="housekeeper", daemon=True).start()


def _look_at_key(key_watch: KeyWatch) -> None:
    try:
        key_watch.look()
    except StoreUnavailable:
        log.debug("store away; the secret key is looked at later")
    except Exception:  # as below
        log.exception("looking at the secret key failed; it is tried again")


def keep_house_once(desk: HouseDesk) -> None:
    """Keep house if it is time, and log what came of it; never raises."""
    try:
        report = keep_house(desk)
    except StoreUnavailable:
        log.warning("store away; the house is kept later")
    except Exception:  # the thread must live on: nobody would notice its end
        log.exception("keeping house failed; it is tried again")
    else:
        if report is not None:
            level = logging.INFO if report.texts or report.events else logging.DEBUG
            log.log(level, "kept house: %d texts blanked, %d events trimmed", report.texts, report.events)
