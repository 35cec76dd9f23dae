"""Several loads in turn, A B A B: whatever else the machine does in between falls on all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.load import ClosedLoad, LoadResult
from bench.run import Run


@dataclass(slots=True)
class Side:
    """The slices of one of them."""

    answers: int = 0  # all of them, those of the uncounted first round included
    turned_away: int = 0  # likewise
    slices: list[LoadResult] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)  # server processor time a request

    @property
    def rate(self) -> float:
        """The median of answers a second."""
        return median(one.rate for one in self.slices)

    @property
    def cpu(self) -> float:
        """The median of the server's processor time a request, in microseconds."""
        return median(self.cpu_us)

    def as_json(self) -> dict[str, Any]:
        """Everything that was seen."""
        return {
            "per_second": [round(one.rate, 1) for one in self.slices],
            "answer_ms_p50": [round(median(one.answer_ms or [0]), 2) for one in self.slices],
            "server_cpu_us_per_request": [round(us) for us in self.cpu_us],
            "turned_away": self.turned_away,
            "generator_busy": [round(one.busy, 2) for one in self.slices],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One of them: its load for the n-th slice, and the processor time its server has used so far."""

    load: Callable[[int], ClosedLoad]
    cpu_seconds: Callable[[], float]


def alternate(run: Run, what: str, one: Contender, *baselines: Contender) -> list[Side]:
    """Run all in turn; the first round wakes everything up and does not count."""
    sides = [Side() for _ in range(len(baselines) + 1)]
    for number in range(run.scale.rounds + 1):
        for side, contender in zip(sides, (one, *baselines), strict=True):
            before = contender.cpu_seconds()
            result = run.load.run(contender.load(number))
            side.answers += result.answers
            side.turned_away += len(result.turned_away)
            if number > 0:
                side.slices.append(result)
                side.cpu_us.append((contender.cpu_seconds() - before) * 1e6 / max(1, result.answers))
        if number > 0:
            mine, *others = (f"{side.slices[-1].rate:,.0f}/s" for side in sides)
            run.say(f"{what} {mine}, beside it {' and '.join(others)}")
    return sides
