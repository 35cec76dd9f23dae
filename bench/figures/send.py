"""Messages handed to the carrier a second by one worker process, when the carrier takes its time."""

from __future__ import annotations

from bench.load import ClosedLoad
from bench.run import Aim, Check, Finding, Measure, Run
from bench.taken import arrivals, middle_rate, wait_until_taken
from bench.traffic import SERIES, batches

AIM = Aim(bound=300.0, at_least=True)
CARRIER_MS = 150.0
BATCH = 500
FIRST = 5 * SERIES
WORKING = ("dispatcher", "messages")


def measure(run: Run) -> Finding:
    """Accept with nothing running that would send, then let one worker work it off."""
    count = run.scale.sends
    numbers = range(FIRST, FIRST + count)
    with run.rig() as rig:
        rig.start_stand_in(CARRIER_MS)
        rig.stop_workers(*WORKING)
        requests = batches(rig.account, numbers, BATCH)
        run.load.run(ClosedLoad(port=rig.port, requests=requests, expected=200, connections=1))
        store = rig.store.cpu_seconds()
        run.say(f"send: {count:,} messages, {CARRIER_MS:g} ms at the carrier")
        rig.start_workers(*WORKING)
        wait_until_taken(rig.carrier_port, numbers, within_seconds=30 + count / 20)
        cpu_us = {name: round(rig.cpu_seconds(name) * 1e6 / count) for name in WORKING}
        cpu_us["store"] = round((rig.store.cpu_seconds() - store) * 1e6 / count)
        came = arrivals(rig.carrier_port, numbers)
    once = sum(len(moments) == 1 for moments in came)
    return Finding(
        measures=[
            Measure(
                name="SMS submitted, one worker, 150 ms at the carrier",
                value=middle_rate([moments[0] for moments in came if moments]),
                unit="/s",
                aim=AIM,
            )
        ],
        checks=[Check(name="each SMS submitted once", holds=once == count, seen=f"{once} of {count}")],
        details={"messages": count, "carrier_ms": CARRIER_MS, "processor_us_each_with_start": cpu_us},
    )
