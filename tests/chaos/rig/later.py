"""Days from now: a store whose clock is ahead, by libfaketime where that is installed."""

from __future__ import annotations

from pathlib import Path

_PLACES = ("/usr/lib", "/usr/local/lib")
_LIBRARY = "faketime/libfaketimeMT.so.1"  # the one for programs with threads


def library() -> Path | None:
    """Find libfaketime; None where it is not installed."""
    found = (path for place in _PLACES for path in (*Path(place).glob(_LIBRARY), *Path(place).glob(f"*/{_LIBRARY}")))
    return next(found, None)


def ahead(days: int, by: Path) -> dict[str, str]:
    """Write the environment of a process that is to be so many days ahead.

    Not for a Python: its `time.sleep` waits for a moment of the monotonic clock, which the library then spoils.
    """
    return {"LD_PRELOAD": str(by), "FAKETIME": f"+{days}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
