"""The chart: columns as SVG, whose labels are text beside it.

No library: the server knows the figures already, and what it draws prints, needs no script and is drawn at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, count

from shortlink.web.dashboard.period import Step

WIDTH, HEIGHT = 10, 100  # units of one column, and of the highest
_GAP = 0.18
_MANY = 40  # columns from which on the gaps between them are only noise
_STEPS = (1, 2, 2.5, 5, 10)
_ROOM = 32  # letters that fit beneath the chart of a phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's place in the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Columns under one scale; `marks` are the scale's labels from the top down."""

    columns: tuple[Column, ...]
    marks: tuple[int, ...]
    lines: tuple[float, ...]
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Clicks, and the machines' hits apart from them under their own scale; `labels` has one a step, "" for none."""

    clicks: Plot
    hits: Plot
    steps: tuple[Step, ...]
    labels: tuple[str, ...]


def draw_chart(steps: Sequence[Step]) -> Chart:
    """Draw the steps of a period."""
    return Chart(
        clicks=_plot([step.clicks for step in steps], most_marks=4),
        hits=_plot([step.machine_hits for step in steps], most_marks=1),
        steps=tuple(steps),
        labels=_labels(steps),
    )


def _plot(values: Sequence[int], *, most_marks: int) -> Plot:
    unit = _unit(max(values, default=0), most_marks)
    count = -(-max(values, default=0) // unit) or 1
    top = unit * count
    gap = _GAP if len(values) <= _MANY else _GAP / 2
    return Plot(
        columns=tuple(
            Column(
                x=round((place + gap / 2) * WIDTH, 2),
                y=round(HEIGHT - height, 2),
                width=round((1 - gap) * WIDTH, 2),
                height=round(height, 2),
            )
            for place, value in enumerate(values)
            if (height := value / top * HEIGHT) > 0
        ),
        marks=tuple(unit * step for step in range(count, -1, -1)),
        lines=tuple(round(HEIGHT * step / count, 2) for step in range(count + 1)),
        width=max(1, len(values)) * WIDTH,
    )


def _unit(most: int, marks: int) -> int:
    """Find the round number that reaches the highest column in so many steps."""
    wanted, power = max(1.0, most / marks), 1
    while True:
        for step in _STEPS:
            unit = step * power
            if unit >= wanted and unit == int(unit):
                return int(unit)
        power *= 10


def _labels(steps: Sequence[Step]) -> tuple[str, ...]:
    """Name the first step and, as many as there is room for, others at the same distance from each other."""
    most = _ROOM // max((len(step.short) for step in steps), default=1)
    # Quarters of a day and weeks are easier to count on from than any other distance.
    distances = chain((1, 2, 3, 6, 7, 12), count(14, 7))
    every = next(distance for distance in distances if len(steps) <= most * distance)
    return tuple("" if place % every else step.short for place, step in enumerate(steps))
