"""The supervisor is killed, and with it everything it started, the store and the carrier too; then it starts again.

In the long form only: that all follow a killed `up`, and the next one starts cleanly, is tested in tests/cli.
"""

from __future__ import annotations

import random
import threading
import time

from shortlink.domain.due import Due
from tests.chaos.rig.checker import check_accepts, check_callbacks, check_sms, check_taps
from tests.chaos.rig.journal import journals
from tests.chaos.rig.outcome import Outcome
from tests.chaos.rig.processes import CARRIER, Killer
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import running, show_progress, wait_for
from tests.chaos.rig.sink import Sink
from tests.chaos.rig.tapper import Tapper

CALM_SECONDS = 180.0
AGAIN_SECONDS = 120.0  # people tap again until everything is there again
BEFORE_A_KILL = (1.0, 4.0)


def run(*, seed: int, links: int, rate: float, kills: int) -> Outcome:
    """Send and tap while everything dies again and again, and the carrier alone in between."""
    outcome, dice = Outcome(test="Everything killed", seed=seed), random.Random(seed)
    slowest, carrier_kills = 0.0, 0
    with (
        journals("sent", "taps", "sink") as (sent, taps, seen),
        Sink(seen) as sink,
        running(durable=True) as service,
    ):
        sender = Sender(service.api_url, service.installation.auth, sent)
        path_of: dict[str, str] = {}

        def live() -> None:
            codes = sender.send_all(range(links), lambda n: fields_for(n, click_url=sink.url(str(n))), rate=rate)
            path_of.update({code: str(number) for number, code in codes.items()})
            show_progress(f"{len(path_of):,} messages accepted; tapping their links")
            Tapper(taps).tap_all(list(path_of), service.short_url, rate=rate, again_seconds=AGAIN_SECONDS)

        people = threading.Thread(target=live, name="people", daemon=True)
        people.start()
        for number in range(kills):
            with Killer(service.up, dice, every=1.0, roles=(CARRIER,)) as killer:
                time.sleep(dice.uniform(*BEFORE_A_KILL))
            carrier_kills += killer.total
            slowest = max(slowest, service.kill_and_start())
            show_progress(f"killed and started {number + 1} times")
        people.join(10 * links / rate + AGAIN_SECONDS)
        assert not people.is_alive(), "the people never got through"
        calm = wait_for(lambda: not any(map(service.owed, Due)), seconds=CALM_SECONDS)
        outcome.at_most("seconds from the end until nothing was owed", calm or 1e9, CALM_SECONDS)
        snapshots = service.snapshots(list(path_of))
        outcome.none_of("messages that could not be sent", {str(n) for n in range(links)} - set(path_of.values()))
        check_taps(outcome, taps, snapshots, {code: f"https://shop.example/{n}" for code, n in path_of.items()})
        check_callbacks(outcome, seen, snapshots, path_of, service)
        check_accepts(outcome, sent)
        check_sms(outcome, path_of, service)
        outcome.none_of("breaches of an invariant", service.breaches())
        outcome.note("size", f"{links:,} links, everything killed {kills} times, the carrier alone {carrier_kills}")
        outcome.note("seconds from the kill until it was ready again, the slowest", f"{slowest:.1f}")
    return outcome
