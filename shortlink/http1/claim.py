"""How strong a connection's claim to its place is, where there are too many."""

from __future__ import annotations

from enum import IntEnum


class Claim(IntEnum):
    """What a connection has its place for; the weakest claim comes first."""

    REFUSED = 0  # it was told why, and stays to hear it
    LINGERS = 1  # a head that does not come: nearly every client sends its own at once
    IDLES = 2  # nothing was asked for a while
    ASKS = 3  # it has just come, or is in the middle of asking
    BUSY = 4  # it is being answered, or is about to go
