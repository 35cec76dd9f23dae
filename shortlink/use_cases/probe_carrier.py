"""Ask the carrier something that costs nothing, to see whether it takes our credentials."""

from __future__ import annotations

from shortlink.carriers import Carrier
from shortlink.domain.errors import CarrierError, NotFound

NO_MESSAGE = "SM" + "0" * 32


def probe_carrier(carrier: Carrier) -> CarrierError | None:
    """Give the error that the carrier answers us with, or that keeps us from it, or None when it does; sends nothing.

    Asks for a message that cannot exist: to be told so takes the right credentials.
    """
    try:
        carrier.fetch(NO_MESSAGE)
    except NotFound:
        return None
    except CarrierError as error:
        return error
    return None
