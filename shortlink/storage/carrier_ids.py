"""The carrier's ids: whose message each of them is, where nothing else tells."""

from __future__ import annotations

from shortlink.storage import keys
from shortlink.storage.connection import Store

CARRIER_ID_SECONDS = 90_000  # a day, for which a message may be looked for, and an hour


class CarrierIdStore:
    """Notes on messages that their text alone does not tell apart at the carrier."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def own(self, carrier_id: str, code: str) -> bool:
        """Note whose message a carrier's id is; False when it is another's.

        Noted for messages without a short link, whose texts may be equal, and for whatever was found by looking: the
        carrier's list may show one message for which two of ours are looking. The note outlives any looking.
        """
        key = keys.carrier_id(carrier_id)
        if self._store.set(key, code, nx=True, ex=CARRIER_ID_SECONDS):
            return True
        return bool(self._store.get(key) == code)
