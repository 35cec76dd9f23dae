"""Everyday life: customers send, people tap, somebody looks at every page; carrier, receiver and store have bad hours.

No process of ours is killed: one that begins anew holds little, whatever the one before it held.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle

from tests.chaos.rig.lone_store import LoneStore
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import Service, show_progress
from tests.chaos.rig.sink import Policy, Reply, Sink
from tests.chaos.rig.tapper import Tapper
from tests.chaos.rig.visitor import Visitor

WINDOW_SECONDS = 60.0
TAPS_A_LINK = 3
LOOK_SECONDS = 1.0
AGAIN_SECONDS = 60.0  # people tap again until the store is back
STORE_KILLED_EVERY = 10  # windows
BEFORE_A_KILL = (5.0, 50.0)  # seconds into its window
CARRIER_MOODS: tuple[dict[str, object], ...] = (
    {},
    {"accept_then_drop": 0.2},
    {"busy_429": 0.3},
    {"accept_then_500": 0.2, "lookup_500": 0.2},
    {},
    {"refuse": 0.3, "receipts": ["on_time", "late", "doubled", "reordered", "lost"], "late_seconds": 5.0},
)


def moody(seed: int) -> Policy:
    """A receiver that takes most at once, and answers the rest late, with 500 or not at all."""

    def answer(path: str, number: int) -> Reply:
        mood = random.Random(f"{seed} {path} {number}").random()
        if mood < 0.85:
            return Reply()
        return Reply(delay=0.3) if mood < 0.9 else Reply(status=500 if mood < 0.95 else 0)

    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who sends, who taps, and who looks."""

    sender: Sender
    tapper: Tapper
    visitor: Visitor


class Life:
    """Goes on, window by window; `path_of` names the callback path of each link so far."""

    def __init__(
        self, service: Service, store: LoneStore, people: People, sink: Sink, *, seed: int, rate: float
    ) -> None:
        self._service, self._store, self._people, self._sink = service, store, people, sink
        self._dice, self._moods, self._rate = random.Random(seed), cycle(CARRIER_MOODS), rate
        self._windows = self.store_kills = 0
        self._codes: list[str] = []  # of the window before, not tapped yet
        self.path_of: dict[str, str] = {}

    def go_on(self, seconds: float) -> None:
        """Live for about so long; messages of each window are tapped in the next, those of the last one at the end."""
        for _ in range(math.ceil(seconds / WINDOW_SECONDS)):
            self._windows += 1
            self._service.set_faults(**next(self._moods), seed=self._windows)
            self._codes = self._live()
            show_progress(f"window {self._windows}: {len(self.path_of):,} messages so far")
        self._service.set_faults()
        self._tap()
        self._codes = []

    def _live(self) -> list[str]:
        """Send, tap, look and suffer at once for a window; give the codes of what was sent."""
        begin = len(self.path_of)
        numbers = range(begin, begin + round(self._rate * WINDOW_SECONDS))
        with ThreadPoolExecutor(4) as crowd:
            sending = crowd.submit(self._send, numbers)
            for under_way in [crowd.submit(self._tap), crowd.submit(self._look), crowd.submit(self._trouble)]:
                under_way.result()
            codes = sending.result()
        self.path_of |= {code: str(number) for number, code in codes.items()}
        return list(codes.values())

    def _send(self, numbers: Sequence[int]) -> dict[int, str]:
        return self._people.sender.send_all(
            numbers, lambda number: fields_for(number, click_url=self._sink.url(str(number))), rate=self._rate
        )

    def _tap(self) -> None:
        codes = self._codes * TAPS_A_LINK
        self._dice.shuffle(codes)
        rate = max(1.0, len(codes) / WINDOW_SECONDS)
        self._people.tapper.tap_all(codes, self._service.short_url, rate=rate, again_seconds=AGAIN_SECONDS)

    def _look(self) -> None:
        """Look at one thing a second."""
        until = time.monotonic() + WINDOW_SECONDS
        while time.monotonic() < until:
            self._people.visitor.look()
            time.sleep(LOOK_SECONDS)

    def _trouble(self) -> None:
        """Kill the store now and then."""
        if self._windows % STORE_KILLED_EVERY == 0:
            time.sleep(self._dice.uniform(*BEFORE_A_KILL))
            self._store.kill()
            assert self._store.start()
            self.store_kills += 1
