"""Signs of life, so that readiness can tell who is missing; each shows as well whether the store takes writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from shortlink.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from shortlink.storage.presence import PresenceStore
    from worker.trouble_log import TroubleLog

BEAT_SECONDS = 3.0
_STOP_SECONDS = 1.0  # for the last beat and the word of the end; a store that hangs keeps no process from it


@contextmanager
def heartbeat(
    role: str, presence: PresenceStore, trouble: TroubleLog, *, beat_seconds: float = BEAT_SECONDS
) -> Iterator[None]:
    """Report this process as alive every few seconds for as long as the `with` lasts.

    A process that has no work only reads, and would not notice a store that takes no writes: `trouble` is told here.
    """
    stopping = threading.Event()

    def beat() -> None:
        while not stopping.is_set():
            try:
                presence.report(role)
            except StoreUnavailable as error:
                trouble.met(error)
            else:
                trouble.store_took_a_write()
            stopping.wait(beat_seconds)
        with suppress(StoreUnavailable):
            presence.report_stop(role)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(_STOP_SECONDS)
