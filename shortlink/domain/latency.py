"""How long answers take: the classes that durations are counted in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

# Seconds. A tap is promised an answer within 0.1, so there the classes are narrow.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def class_of(seconds: float) -> int:
    """Name the class of a duration: the first whose bound is not exceeded, or one more than there are bounds."""
    return bisect_left(BOUNDS, seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """Durations of one kind: how many lie in each class, and their sum in microseconds."""

    counts: tuple[int, ...]
    sum_us: int

    @classmethod
    def from_counts(cls, counts: Mapping[int, int], sum_us: int) -> Self:
        """Make one from the counts of some classes."""
        return cls(counts=tuple(counts.get(number, 0) for number in range(len(BOUNDS) + 1)), sum_us=sum_us)

    @property
    def count(self) -> int:
        """How many durations there were."""
        return sum(self.counts)
