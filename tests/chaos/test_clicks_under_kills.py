"""T1: people tap while every process of ours is killed again and again, and the store a few times."""

from __future__ import annotations

import random
import time

import pytest

from shortlink.domain.due import Due
from tests.chaos.rig.checker import check_callbacks, check_sms, check_taps
from tests.chaos.rig.journal import journals
from tests.chaos.rig.outcome import Outcome, percentile
from tests.chaos.rig.processes import Killer
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import HURRIED, Service, running, show_progress, wait_for
from tests.chaos.rig.sink import Policy, Reply, Sink
from tests.chaos.rig.tapper import Tapper

DRAIN_SECONDS = 120.0
AGAIN_SECONDS = 15.0


def customer(seed: int) -> Policy:
    """A receiver with moods: most events are taken at once, some late, some after failures, some never."""

    def answer(path: str, number: int) -> Reply:
        mood = random.Random(f"{seed} {path}").random()
        if mood < 0.70:
            return Reply()
        if mood < 0.80:
            return Reply(delay=0.3)
        if mood < 0.87:
            return Reply(status=500 if number < 3 else 200)
        if mood < 0.92:
            return Reply(status=0 if number < 2 else 200)
        return Reply(status=201 if number < 4 else 200) if mood < 0.96 else Reply(status=404)

    return answer


def run(
    *,
    seed: int,
    links: int,
    taps: int,
    rate: float,
    kill_every: float,
    store_kills: int,
    settings: dict[str, str] | None = None,
    drain_seconds: float = DRAIN_SECONDS,
) -> Outcome:
    """Send, tap under fire, let it calm down, compare."""
    outcome, dice = Outcome(test="T1 clicks under kill -9", seed=seed), random.Random(seed)
    with (
        journals("sink", "taps", "sent") as (sink_journal, tap_journal, send_journal),
        running(durable=True, settings=settings) as service,
    ):
        with Sink(sink_journal, customer(seed)) as sink:
            sender = Sender(service.api_url, service.installation.auth, send_journal)
            codes = sender.send_all(range(links), lambda number: fields_for(number, click_url=sink.url(str(number))))
            path_of = {code: str(number) for number, code in codes.items()}
            show_progress(f"{links:,} messages accepted; waiting for the carrier")
            assert wait_for(lambda: service.owed(Due.MESSAGES) == 0, seconds=120 + links / 20) is not None
            plan = [code for code in path_of for _ in range(taps // links)]
            dice.shuffle(plan)
            show_progress(f"{len(plan):,} taps at {rate:g} a second, a kill every {kill_every:g} s")
            began = time.monotonic()
            with Killer(service.up, dice, every=kill_every, store_kills=store_kills) as killer:
                made = Tapper(tap_journal, threads=32).tap_all(
                    plan, service.short_url, rate=rate, again_seconds=AGAIN_SECONDS
                )
            seconds = time.monotonic() - began
            show_progress(f"{killer.total} kills; waiting until all is calm")
            calm = wait_for(lambda: _calm(service), seconds=drain_seconds)
            outcome.at_most("seconds from the last kill until nothing was owed", calm or 1e9, drain_seconds)
        snapshots = service.snapshots(list(path_of))
        targets = {code: f"https://shop.example/{number}" for code, number in path_of.items()}
        check_taps(outcome, tap_journal, snapshots, targets)
        check_callbacks(outcome, sink_journal, snapshots, path_of, service)
        check_sms(outcome, path_of, service)
        outcome.none_of("breaches of an invariant", service.breaches())
        outcome.note("kills", ", ".join(f"{role} {count}" for role, count in killer.kills.items()))
        outcome.note("kills of ours", killer.total)
        outcome.note("size", f"{links:,} links, {len(made):,} taps in {seconds:.0f} s")
        answered = [one.seconds * 1000 for one in made if one.how == "ok"]
        outcome.note(
            "ms to a 302, half and 99 of 100", f"{percentile(answered, 0.5):.0f}, {percentile(answered, 0.99):.0f}"
        )
    return outcome


def _calm(service: Service) -> bool:
    """Nothing is owed, nothing waits on the disk."""
    spooled = list(service.spool.glob("*.clicks"))
    return not spooled and service.owed(Due.CALLBACKS) == 0 and service.owed(Due.MESSAGES) == 0


@pytest.mark.timeout(240)
def test_no_click_and_no_callback_is_lost_however_often_we_are_killed() -> None:
    outcome = run(seed=1, links=120, taps=360, rate=60, kill_every=0.5, store_kills=1, settings=HURRIED)
    print(outcome.table())
    assert outcome.broken == []
