"""Build what hands due work to the workers."""

from __future__ import annotations

from dataclasses import dataclass

from shortlink.bootstrap.pace import build_pace
from shortlink.config import Settings
from shortlink.outbox import Outbox, connect_queue
from shortlink.storage.connection import connect
from shortlink.storage.ledger import Ledger
from shortlink.use_cases.carrier_pace import CarrierPace


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchDesk:
    """What a dispatcher needs: what is due, how fast the carrier takes it, and the way to the workers."""

    ledger: Ledger
    pace: CarrierPace
    outbox: Outbox


def build_dispatch(settings: Settings) -> DispatchDesk:
    """Build what a dispatcher needs."""
    store = connect(settings.redis_url)
    return DispatchDesk(
        ledger=Ledger(store), pace=build_pace(settings, store), outbox=Outbox(connect_queue(settings.redis_url))
    )
