"""A dispatcher on a thread of the test's own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shortlink.outbox import Outbox
from shortlink.storage.connection import connect
from shortlink.storage.ledger import Ledger
from shortlink.storage.pace import PaceStore
from shortlink.use_cases.carrier_pace import CarrierPace
from shortlink.use_cases.lane import make_lanes
from worker.dispatcher import Dispatcher


@contextmanager
def dispatching(valkey_url: str, outbox: Outbox, *, rate: float = 0) -> Iterator[Dispatcher]:
    """Run a dispatcher for as long as the `with` lasts; it offers again after 300 ms."""
    store = connect(valkey_url)
    ledger, pace = Ledger(store), CarrierPace(PaceStore(store), rate=rate)
    dispatcher = Dispatcher(ledger, outbox, make_lanes(ledger, pace=pace, again_ms=300))
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    try:
        yield dispatcher
    finally:
        dispatcher.stop()
        thread.join(5)
    assert not thread.is_alive()
