"""What the stand-in carrier has taken: when each message came."""

from __future__ import annotations

import http.client
import json
import time
from typing import Any

from bench.port import HOST
from bench.program import Broken
from bench.traffic import SERIES

LOOK_SECONDS = 0.1


def wait_until_taken(port: int, numbers: range, within_seconds: float) -> None:
    """Wait until the messages with these numbers were taken, the first of their series. Raises Broken."""
    series = str(numbers[0] // SERIES)
    deadline = time.monotonic() + within_seconds
    while (taken := _ask(port, "/counts").get(series, 0)) < len(numbers):
        if time.monotonic() > deadline:
            raise Broken(f"only {taken} of {len(numbers)} messages were handed to the carrier in time")
        time.sleep(LOOK_SECONDS)


def arrivals(port: int, numbers: range) -> list[list[float]]:
    """Read when each of these messages was taken, in seconds of the machine's monotonic clock."""
    found: list[list[float]] = [[] for _ in numbers]
    for moment, number in _ask(port, "/taken"):
        if number in numbers:
            found[number - numbers[0]].append(moment)
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
