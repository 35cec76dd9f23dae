"""What the stand-in carrier has taken: when each message came."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

from bench.port import HOST
from bench.program import Broken
from bench.traffic import number_of

LOOK_SECONDS = 0.1


def wait_until_taken(port: int, count: int, within_seconds: float) -> None:
    """Wait until so many messages were taken. Raises Broken when the time is up."""
    deadline = time.monotonic() + within_seconds
    while (taken := int(_ask(port, "/healthz"))) < count:
        if time.monotonic() > deadline:
            raise Broken(f"only {taken} of {count} messages were handed to the carrier in time")
        time.sleep(LOOK_SECONDS)


def taken_so_far(port: int) -> int:
    """Count what was taken."""
    return int(_ask(port, "/healthz"))


def arrivals(port: int, numbers: range) -> dict[int, list[float]]:
    """Read when each of these messages was taken, in seconds of the machine's monotonic clock."""
    found: dict[int, list[float]] = {number: [] for number in numbers}
    for moment, text in _ask(port, "/taken"):
        if (number := number_of(text)) in found:
            found[number].append(moment)
    return found


def middle_rate(moments: list[float]) -> float:
    """Say how many a second came, without the first and the last twentieth, when not everybody is busy."""
    ordered = sorted(moments)
    cut = len(ordered) // 20
    middle = ordered[cut : len(ordered) - cut]
    return (len(middle) - 1) / (middle[-1] - middle[0])


def _ask(port: int, path: str) -> Any:
    line = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        line.request("GET", path)
        return json.loads(line.getresponse().read())
    finally:
        line.close()
