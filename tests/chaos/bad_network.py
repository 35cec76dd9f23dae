"""T6: the lines to the store, the carrier and the receiver are late, break and go silent while people send and tap.

In the long form only: lines that say nothing for ten seconds, and a lease that outlives a call to a silent carrier,
take their time. The carrier's receipts come by a line that is well; T2 loses them.
"""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from shortlink.domain.due import Due
from tests.chaos.rig.checker import (
    check_accepts,
    check_callbacks,
    check_counts,
    check_sms,
    check_taps,
    codes_of,
    tell_unknown,
)
from tests.chaos.rig.journal import journals
from tests.chaos.rig.lone_store import lone_store
from tests.chaos.rig.network import CARRIER, LINES, RECEIVER, STORE, Network
from tests.chaos.rig.outcome import Outcome
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import Service, running, show_progress, wait_for
from tests.chaos.rig.sink import Sink
from tests.chaos.rig.spells import tell_spells
from tests.chaos.rig.storm import SILENT_SECONDS, length, rage
from tests.chaos.rig.tapper import Tap, Tapper

TAPS_A_LINK = 3
AGAIN_SECONDS = 60.0  # people tap again until the store speaks
DRAIN_SECONDS = 240.0
LATE_MS = (SILENT_SECONDS + 1) * 1000  # how long ago a POST may have begun when it arrives
NEAR = 150  # how many links lie between the first and the last tap of one, at most
SETTINGS = {
    "SHORTLINK_LEASE_SECONDS": "45",  # longer than a call to a carrier that takes it and says nothing
    "SHORTLINK_OFFER_SECONDS": "10",
    "SHORTLINK_WORKER_THREADS": "64",
    "SHORTLINK_CALLBACK_SCHEDULE": "0,0.2,0.5,1,2,4,8,8,8,8",
}


def run(*, seed: int, seconds: float, taps_a_second: float, sends_a_second: float) -> Outcome:
    """Send and tap while each line has every kind of trouble for so many seconds, let it calm down, compare."""
    outcome = Outcome(test="T6 bad network", seed=seed)
    links = round(length(seconds) * taps_a_second / TAPS_A_LINK)
    others = range(links, links + round(length(seconds) * sends_a_second))
    with (
        journals("sink", "taps", "sent") as (seen, taps, sent),
        tempfile.TemporaryDirectory(prefix="sl-") as folder,
        lone_store(Path(folder)) as store,
        Network(seed) as network,
        Sink(seen) as sink,
    ):
        network.lead(STORE, store.url)
        network.lead(RECEIVER, sink.url(""))
        with running(settings=SETTINGS | _by_way_of(network), store_url=store.url) as service:
            network.lead(CARRIER, service.installation.ready["simulator_url"])
            sender = Sender(service.api_url, service.installation.auth, sent, threads=16)
            path_of = _send_before(sender, range(links), network, service)
            people = _People(sender, Tapper(taps, threads=128), service)
            people.begin(_plan(list(path_of), seed), taps_a_second, others, sends_a_second)
            spells = rage(network, seconds=seconds, is_over=people.are_through)
            show_progress("all is well; waiting until all is calm")
            calm = wait_for(lambda: _calm(service), seconds=DRAIN_SECONDS)
            outcome.at_most("seconds from the end of all trouble until nothing was owed", calm or 1e9, DRAIN_SECONDS)
            snapshots = service.snapshots(list(path_of))
            check_taps(outcome, taps, snapshots, {code: f"https://shop.example/{n}" for code, n in path_of.items()})
            check_callbacks(outcome, seen, snapshots, path_of, service, late_ms=LATE_MS)
            outcome.none_of("messages that could not be sent", {str(n) for n in others if n not in people.codes})
            check_accepts(outcome, sent)
            check_sms(outcome, codes_of(sent), service)
            outcome.none_of("breaches of an invariant", service.breaches())
            tell_unknown(outcome, service)
        check_counts(outcome, taps, snapshots)
        tell_spells(outcome, spells, taps, people.taps)
        for line in LINES:
            outcome.note(f"struck, {line}", ", ".join(f"{what} {n}" for what, n in network.struck(line).items()))
        outcome.note("size", f"{links + len(others):,} messages, {len(people.taps):,} taps")
    return outcome


class _People:
    """Two crowds: one taps links, the other sends messages."""

    def __init__(self, sender: Sender, tapper: Tapper, service: Service) -> None:
        self._sender, self._tapper, self._service = sender, tapper, service
        self._crowds: list[threading.Thread] = []
        self.taps: list[Tap] = []
        self.codes: dict[int, str] = {}

    def begin(self, plan: Sequence[str], taps_a_second: float, numbers: Sequence[int], sends_a_second: float) -> None:
        """Let both begin."""

        def tap() -> None:
            self.taps = self._tapper.tap_all(
                plan, self._service.short_url, rate=taps_a_second, again_seconds=AGAIN_SECONDS
            )

        def send() -> None:
            self.codes = self._sender.send_all(numbers, fields_for, rate=sends_a_second)

        self._crowds = [threading.Thread(target=work, name="crowd", daemon=True) for work in (tap, send)]
        for crowd in self._crowds:
            crowd.start()

    def are_through(self) -> bool:
        """Whether everybody was led on and every message accepted, or given up."""
        return not any(crowd.is_alive() for crowd in self._crowds)


def _by_way_of(network: Network) -> dict[str, str]:
    return {
        "SHORTLINK_REDIS_URL": f"redis://{network.address(STORE)}/0",
        "SHORTLINK_TWILIO_URL": f"http://{network.address(CARRIER)}",
    }


def _send_before(sender: Sender, numbers: Sequence[int], network: Network, service: Service) -> dict[str, str]:
    """Send what will be tapped while all is still well; give the paths of its callbacks by code."""
    receiver = f"http://{network.address(RECEIVER)}"
    codes = sender.send_all(numbers, lambda number: fields_for(number, click_url=f"{receiver}/{number}"))
    show_progress(f"{len(codes):,} messages accepted; waiting for the carrier")
    assert wait_for(lambda: service.owed(Due.MESSAGES) == 0, seconds=120) is not None
    return {code: str(number) for number, code in codes.items()}


def _plan(codes: Sequence[str], seed: int) -> list[str]:
    """Let the taps of a link lie near each other, so that there are first ones at all times."""
    dice = random.Random(seed)
    places = [(number + dice.uniform(0, NEAR), code) for number, code in enumerate(codes) for _ in range(TAPS_A_LINK)]
    return [code for _, code in sorted(places)]


def _calm(service: Service) -> bool:
    """Nothing is owed, nothing waits on the disk."""
    return not list(service.spool.glob("*.clicks")) and not any(map(service.owed, Due))
