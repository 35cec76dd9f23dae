"""The last time there is, for whatever has none of its own."""

from __future__ import annotations

from typing import Final

END_OF_TIME: Final = 253_402_300_799_999  # of the year 9999, in UTC ms: the last that can be written
