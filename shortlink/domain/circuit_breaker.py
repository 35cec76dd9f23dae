"""A circuit breaker: what fails often is left alone for a while, then tried once; times are monotonic, in seconds."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

WINDOW_SECONDS = 300.0
WINDOW_CALLS = 50
LEAST_CALLS = 10  # fewer tell nothing
FAILING_SHARE = 0.7
OPEN_SECONDS = 30.0
TRIAL_SECONDS = 0.2  # before asking again whether the one trial is over

Answer = tuple[float, bool]  # when it came, and whether it was a good one


@dataclass(slots=True)
class CircuitBreaker:
    """The newest answers of something, and until when it is left alone."""

    open_until: float = 0.0
    on_trial: bool = False  # the one call after the pause is under way
    answers: deque[Answer] = field(default_factory=lambda: deque(maxlen=WINDOW_CALLS))

    def wait(self, now: float) -> float:
        """Say in how many seconds to ask again before a call; 0.0 when it may begin now."""
        if now < self.open_until:
            return self.open_until - now
        return TRIAL_SECONDS if self.on_trial else 0.0

    def left_alone(self, now: float) -> float:
        """Say for how many more seconds it is left alone; 0.0 when it is not."""
        return max(0.0, self.open_until - now)

    def enter(self) -> None:
        """Begin a call; the first after a pause is the only one until it is answered."""
        self.on_trial = bool(self.open_until) and not self.answers[-1][1]  # it opened at an answer

    def leave(self, now: float, *, answered_well: bool | None, judged_by: Iterable[Answer] | None = None) -> None:
        """End a call; None when nothing was asked after all, which says nothing.

        It opens when most of its answers were bad, or of those it is to be judged by.
        """
        self.on_trial = False
        if answered_well is None:
            return
        self.answers.append((now, answered_well))
        if not answered_well and _is_failing(self.answers if judged_by is None else judged_by, now):
            self.open_until = now + OPEN_SECONDS


def _is_failing(answers: Iterable[Answer], now: float) -> bool:
    recent = [well for at, well in answers if now - at <= WINDOW_SECONDS]
    return len(recent) >= LEAST_CALLS and recent.count(False) / len(recent) >= FAILING_SHARE
