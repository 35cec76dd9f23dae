"""The pace at which the carrier may be called, shared by all workers, and who may offer messages at a slow one."""

from __future__ import annotations

from secrets import token_hex

from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.scripts import Script, clock


class PaceStore:
    """Gives out moments, evenly spaced; what is reserved and neither used nor given back is lost."""

    def __init__(self, store: Store) -> None:
        self._pace = Script(store, "pace_carrier")
        self._pass = Script(store, "pass_baton")
        self._name = token_hex(8)

    def reserve(self, count: int, *, rate: float, now: int | None = None) -> int:
        """Reserve the next free moments at `rate` a second; returns the ms until the first."""
        return int(self._pace([keys.CARRIER_PACE], [clock(now), count, rate, 0]))

    def give_back(self, *, rate: float, now: int | None = None) -> None:
        """Give back one moment that was reserved at this rate."""
        self._pace([keys.CARRIER_PACE], [clock(now), -1, rate, 0])

    def hold(self, wait_ms: int, *, now: int | None = None) -> None:
        """Let no moment be free for a while; a longer wait that is under way stays."""
        self._pace([keys.CARRIER_PACE], [clock(now), 0, 1, wait_ms])

    def held_ms(self, *, now: int | None = None) -> int:
        """Say in how many ms the next moment is free."""
        return int(self._pace([keys.CARRIER_PACE], [clock(now), 0, 1, 0]))

    def take_baton(self, seconds: float) -> int:
        """Take the baton for so long, or keep it; returns 0, or in how many ms another one's time with it ends."""
        return int(self._pass([keys.OFFER_BATON], [self._name, int(seconds * 1000)]))

    def drop_baton(self) -> None:
        """Let go of the baton, if it is ours."""
        self._pass([keys.OFFER_BATON], [self._name, 0])
