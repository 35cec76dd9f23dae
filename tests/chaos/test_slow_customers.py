"""T11: one of ten customers hangs, another answers 500; the other eight must not feel it."""

from __future__ import annotations

import random

import pytest

from shortlink.domain.due import Due
from tests.chaos.rig.journal import journals
from tests.chaos.rig.outcome import Outcome, percentile
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import running, show_progress, wait_for
from tests.chaos.rig.sink import Reply, Sink
from tests.chaos.rig.tapper import Tapper

CUSTOMERS = 10
HANGS, FAILS = 0, 1
SETTINGS = {
    # As in service, so that a hanging customer holds a call for as long as it can there.
    "SHORTLINK_CALLBACK_TIMEOUT": "10",
    "SHORTLINK_CALLBACK_SCHEDULE": "0,5,300,1800,7200,18000,36000,50400,72000,86400",
    "SHORTLINK_LEASE_SECONDS": "75",
    "SHORTLINK_WORKER_THREADS": "64",
}


def run(*, seed: int, links: int, rate: float) -> Outcome:
    """Tap links of ten customers at a steady rate, and time each one's first POST."""
    outcome, dice = Outcome(test="T11 slow customers", seed=seed), random.Random(seed)

    def answer(path: str, _number: int) -> Reply:
        return {HANGS: Reply(delay=15), FAILS: Reply(status=500)}.get(int(path) % CUSTOMERS, Reply())

    with journals("sent", "taps", "sink") as (sent, taps, seen), running(settings=SETTINGS) as service:
        with Sink(seen, answer, ports=CUSTOMERS) as sink:
            sender = Sender(service.api_url, service.installation.auth, sent)
            codes = sender.send_all(
                range(links), lambda number: fields_for(number, click_url=sink.url(str(number), number % CUSTOMERS))
            )
            assert wait_for(lambda: service.owed(Due.MESSAGES) == 0, seconds=60 + links / 20) is not None
            number_of = {code: number for number, code in codes.items()}
            order = list(number_of)
            dice.shuffle(order)
            show_progress(f"{links:,} taps at {rate:g} a second")
            Tapper(taps).tap_all(order, service.short_url, rate=rate)
            healthy = [number for number in codes if number % CUSTOMERS not in (HANGS, FAILS)]
            wait_for(lambda: all(sink.count(str(number)) for number in healthy), seconds=20)
        answered = {number_of[one["code"]]: one["at"] for one in taps.entries() if one["what"] == "ok"}
        first = {
            int(one["path"]): one["at"] for one in seen.entries() if one["what"] == "arrived" and one["number"] == 1
        }
    # A click may be stored although its tap was given up a moment before: no time to count from.
    timed = [number for number in healthy if number in first and number in answered]
    waits = [(first[number] - answered[number]) / 1000 for number in timed]
    outcome.none_of("healthy customers' clicks without a POST", {str(n) for n in healthy if n not in first})
    outcome.at_most("seconds from tap to first POST at healthy customers, 99 of 100", percentile(waits, 0.99), 5)
    outcome.note("half of them", f"{percentile(waits, 0.5) * 1000:.0f} ms; the longest {max(waits) * 1000:.0f} ms")
    slow = [number for number in first if number % CUSTOMERS == HANGS]
    outcome.note("POSTs to the one that hangs meanwhile", len(slow))
    outcome.note("size", f"{links:,} taps at {rate:g} a second over {CUSTOMERS} customers")
    return outcome


@pytest.mark.timeout(120)
def test_a_customer_who_hangs_delays_no_other() -> None:
    outcome = run(seed=11, links=200, rate=60)
    print(outcome.table())
    assert outcome.broken == []
