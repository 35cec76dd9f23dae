"""Measure how long answers take, at next to no cost for them."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from typing import NamedTuple

from shortlink.domain.latency import Histogram, class_of
from shortlink.storage.measures import MeasureStore

MOST_WAITING = 100_000
_SUM = "sum"


class Kind(NamedTuple):
    """What was answered, such as `redirect` or `send`, and with which status."""

    what: str
    status: int


class Tally:
    """Counts durations as they come, for one thread: what is noted a thousand times takes no more than one."""

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[str, int, int], int] = defaultdict(int)
        self._seconds: defaultdict[tuple[str, int], float] = defaultdict(float)

    def note(self, what: str, status: int, seconds: float) -> None:
        """Note one answer."""
        self._counts[what, status, class_of(seconds)] += 1
        self._seconds[what, status] += seconds

    def take(self) -> Counter[str]:
        """Take what was counted since the last time, by the names that the store's figures have."""
        figures = Counter({f"{what}:{status}:{number}": some for (what, status, number), some in self._counts.items()})
        for (what, status), seconds in self._seconds.items():
            figures[f"{what}:{status}:{_SUM}"] = round(seconds * 1_000_000)
        self._counts.clear()
        self._seconds.clear()
        return figures


class RequestMeter:
    """Notes durations in this process and adds them to the store's figures now and then.

    A note costs an append, so a request may make one; what is not yet added when a process is killed is lost.
    """

    def __init__(self, measures: MeasureStore) -> None:
        self._measures = measures
        self._waiting: deque[tuple[str, int, float]] = deque(maxlen=MOST_WAITING)
        self._counted: Counter[str] = Counter()

    def note(self, what: str, status: int, seconds: float) -> None:
        """Note one answer; from any thread."""
        self._waiting.append((what, status, seconds))

    def push(self) -> None:
        """Add what was noted since the last time; from one thread. Raises StoreUnavailable and keeps it for the next.

        A store that did it and could not say so will do it again: then these figures are too high by one push.
        """
        for _ in range(len(self._waiting)):
            what, status, seconds = self._waiting.popleft()
            self._counted[f"{what}:{status}:{class_of(seconds)}"] += 1
            self._counted[f"{what}:{status}:{_SUM}"] += round(seconds * 1_000_000)
        if self._counted:
            self._measures.add(self._counted)
            self._counted.clear()


def read_histograms(measures: MeasureStore) -> dict[Kind, Histogram]:
    """Read how long the answers of each kind have taken, over all processes."""
    counts: defaultdict[Kind, dict[int, int]] = defaultdict(dict)
    sums: Counter[Kind] = Counter()
    for name, value in measures.read().items():
        what, status, part = name.split(":")
        kind = Kind(what, int(status))
        if part == _SUM:
            sums[kind] = value
        else:
            counts[kind][int(part)] = value
    return {kind: Histogram.from_counts(counts[kind], sums[kind]) for kind in sorted(counts)}
