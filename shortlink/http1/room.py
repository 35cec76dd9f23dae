"""How much of what strangers send and do not take one process keeps."""

from __future__ import annotations

from shortlink.http1.request import BadRequest


class Room:
    """Bytes that are kept for all clients together.

    Nobody is known before it is there: without a bound, strangers could fill the memory.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    def take(self, size: int) -> int:
        """Take so much more, or less than nothing, and return how much. Raises BadRequest where there is no room."""
        if self._taken + size > self._most:
            raise BadRequest(503)
        self._taken += size
        return size

    def give_back(self, size: int) -> None:
        """Give back what was taken."""
        self._taken -= size
