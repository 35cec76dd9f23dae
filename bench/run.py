"""What a figure is given, what it gives back, and how long it may take for that."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from bench.load import LoadGenerator
from bench.rig import Rig


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    rounds: int  # of what alternates with its baseline
    slice_seconds: float  # one side of a round
    links: int  # tapped in the redirect figures
    tap_slice_seconds: float  # one side of a round of taps
    many_links: int  # what a store holds that is compared with one of `links`
    many_taps: int  # after which memory is compared with that after `links` taps
    open_seconds: float  # one side of a round of taps at a fixed rate
    messages: int  # in the memory figure
    warm_up_messages: int  # delivered before its first look: whatever exists only once exists then
    tap_rate: float  # taps a second, each the first on its link
    tap_seconds: float
    warm_up_seconds: float  # taps at the same rate that are not counted
    sends: int  # worked off in the send figure
    callbacks: int  # worked off in the callbacks figure
    campaign: int  # messages
    paced_campaign: int  # likewise, at a carrier that takes few a second
    outsider_seconds: float  # between the codes that another account sends meanwhile


FULL = Scale(
    rounds=5,
    slice_seconds=1.5,
    links=10_000,
    tap_slice_seconds=1.5,
    many_links=1_000_000,
    many_taps=1_000_000,
    open_seconds=3.0,
    messages=100_000,
    warm_up_messages=200,
    tap_rate=100.0,
    tap_seconds=10.0,
    warm_up_seconds=1.0,
    sends=4_000,
    callbacks=4_000,
    campaign=50_000,
    paced_campaign=200,
    outsider_seconds=1.0,
)
QUICK = Scale(
    rounds=1,
    slice_seconds=0.3,
    links=100,
    tap_slice_seconds=0.1,
    many_links=400,
    many_taps=400,
    open_seconds=0.2,
    messages=100,
    warm_up_messages=40,
    tap_rate=50.0,
    tap_seconds=0.6,
    warm_up_seconds=0.2,
    sends=100,
    callbacks=60,
    campaign=100,
    paced_campaign=5,
    outsider_seconds=0.1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a measure should reach; the aim of a measure that has a baseline is for the ratio to it."""

    bound: float
    at_least: bool

    def met_by(self, value: float) -> bool:
        """Whether a value reaches it."""
        return value >= self.bound if self.at_least else value <= self.bound

    def missed_by(self, value: float) -> float:
        """How far from the bound a value is, as a share of the bound."""
        return abs(value - self.bound) / self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One line of the table."""

    name: str
    value: float
    unit: str
    baseline: float | None = None  # the same of what stands beside it, in the same unit
    aim: Aim | None = None
    beside: str = "empty view"  # what the baseline is of

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of its baseline; None without one."""
        return self.value / self.baseline if self.baseline else None

    @property
    def judged(self) -> float:
        """What the aim is for."""
        return self.value if self.ratio is None else self.ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that must hold whatever the machine; the bench fails when it does not."""

    name: str
    holds: bool
    seen: str


@dataclass(slots=True, kw_only=True)
class Finding:
    """What a figure found; details are only for the JSON file."""

    measures: list[Measure] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # what could not be measured here, and why
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the bench."""

    scale: Scale
    load: LoadGenerator
    rig: Callable[[], AbstractContextManager[Rig]]
    say: Callable[[str], None]


Figure = Callable[[Run], Finding]
