"""Signs of life, so that readiness can tell who is missing."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from shortlink.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from shortlink.storage.presence import PresenceStore

BEAT_SECONDS = 3.0


def start_heartbeat(role: str, presence: PresenceStore) -> None:
    """Report this process as alive every few seconds for as long as it lives."""

    def beat() -> None:
        pause = threading.Event()
        while True:
            with suppress(StoreUnavailable):  # readiness shows that the store is away
                presence.report(role)
            pause.wait(BEAT_SECONDS)

    threading.Thread(target=beat, name="heartbeat", daemon=True).start()
