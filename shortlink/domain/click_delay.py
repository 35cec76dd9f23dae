"""How long people take to tap, counted in classes that grow with the time, so that a median needs no list."""

from __future__ import annotations

import math
from collections.abc import Mapping

PER_DOUBLING = 8  # classes: a median is right within 5 %
LEAST_MS = 1000
CLASSES = PER_DOUBLING * 24  # the last one begins at 194 days


def class_of(ms: int) -> int:
    """Name the class that a delay falls into; all below a second share the first."""
    if ms <= LEAST_MS:
        return 0
    return min(CLASSES - 1, int(PER_DOUBLING * math.log2(ms / LEAST_MS)))


def median_of(counts: Mapping[int, int]) -> int | None:
    """Estimate the median in ms from the counts of the classes; None when nothing was counted."""
    half, seen = sum(counts.values()) / 2, 0
    for number in sorted(counts):
        if seen + counts[number] >= half > 0:
            inside = (half - seen) / counts[number]
            return int(LEAST_MS * 2 ** ((number + inside) / PER_DOUBLING))
        seen += counts[number]
    return None
