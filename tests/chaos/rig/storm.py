"""A storm: one kind of trouble after the other on each line, then all at once on every line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.rig.bad_line import Trouble
from tests.chaos.rig.network import LINES, Network
from tests.chaos.rig.service import show_progress

SILENT_SECONDS = 10.0
REST_SECONDS = 3.0  # behind a silence, for those who were waiting
LATE, RESET, CUT = Trouble(late=0.005), Trouble(reset=0.05), Trouble(cut=0.05)
SILENCE = Trouble(silent=True, forgets=0.5)
KINDS = {"late": LATE, "reset": RESET, "cut": CUT, "silent": SILENCE}
EVERYTHING = Trouble(late=0.005, reset=0.05, cut=0.05)
LOOK_SECONDS = 0.2


@dataclass(slots=True, kw_only=True)
class Spell:
    """A time of one kind of trouble, in UTC milliseconds."""

    name: str
    trouble: Trouble
    began: float
    ended: float = 0.0

    def covers(self, at: float) -> bool:
        """Whether a moment lies in it."""
        return self.began <= at < self.ended


def rage(network: Network, *, seconds: float, is_over: Callable[[], bool]) -> list[Spell]:
    """Make each kind of trouble for so many seconds, the last until it is over for everybody; then all is well."""
    spells: list[Spell] = []
    for line in LINES:
        for name, trouble in KINDS.items():
            with _spell(f"{line} {name}", trouble, network, (line,), spells):
                time.sleep(SILENT_SECONDS if trouble.silent else seconds)
            if trouble.silent:
                time.sleep(REST_SECONDS)
    with _spell("everything", EVERYTHING, network, LINES, spells):
        time.sleep(seconds)
        while not is_over():
            time.sleep(LOOK_SECONDS)
    return spells


@contextmanager
def _spell(
    name: str, trouble: Trouble, network: Network, lines: tuple[str, ...], spells: list[Spell]
) -> Iterator[None]:
    show_progress(name)
    spell = Spell(name=name, trouble=trouble, began=time.time() * 1000)
    for line in lines:
        network.turn(line, trouble)
    try:
        yield
    finally:
        for line in lines:
            network.turn(line, Trouble())
        spell.ended = time.time() * 1000
        spells.append(spell)


def length(seconds: float) -> float:
    """Say how many seconds a storm lasts at least."""
    silences = sum(trouble.silent for trouble in KINDS.values()) * len(LINES)
    rest = len(KINDS) * len(LINES) - silences + 1
    return silences * (SILENT_SECONDS + REST_SECONDS) + rest * seconds
