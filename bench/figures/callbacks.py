"""Callbacks delivered a second by one worker process, to customers whose servers take their time."""

from __future__ import annotations

import time
from contextlib import ExitStack

from bench.load import ClosedLoad
from bench.run import Aim, Check, Finding, Measure, Run
from bench.sink import Sink
from bench.taken import middle_rate
from bench.traffic import batched_ids, batches, taps

AIM = Aim(bound=300.0, at_least=True)
ENDPOINT_MS = 100.0
ENDPOINTS = 4
BATCH = 500
WORKING = ("dispatcher", "callbacks")


def measure(run: Run) -> Finding:
    """Let every link be tapped with nothing running that would call back, then let one worker work it off."""
    count = run.scale.callbacks
    with run.rig() as rig, ExitStack() as stack:
        sinks = [stack.enter_context(Sink(ENDPOINT_MS)) for _ in range(ENDPOINTS)]
        rig.stop_workers(*WORKING)
        requests = batches(rig.account, range(count), BATCH, lambda number: sinks[number % ENDPOINTS].url(number))
        made = run.load.run(ClosedLoad(port=rig.port, requests=requests, expected=200, connections=1, keep_bodies=True))
        run.load.run(ClosedLoad(port=rig.link_port, requests=taps(batched_ids(made.bodies)), expected=302))
        run.say(f"callbacks: {count:,}, {ENDPOINT_MS:g} ms at each of {ENDPOINTS} endpoints")
        rig.start_workers(*WORKING)
        deadline = time.monotonic() + 30 + count / 20
        while sum(len(sink.arrivals) for sink in sinks) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        cpu_us = {name: round(rig.cpu_seconds(name) * 1e6 / count) for name in WORKING}
    came = [moments for sink in sinks for moments in sink.arrivals.values()]
    once = sum(len(moments) == 1 for moments in came)
    return Finding(
        measures=[
            Measure(
                name="callbacks delivered, one worker, 100 ms each",
                value=middle_rate([moments[0] for moments in came]),
                unit="/s",
                aim=AIM,
            )
        ],
        checks=[Check(name="each callback delivered once", holds=once == count, seen=f"{once} of {count}")],
        details={
            "callbacks": count,
            "endpoint_ms": ENDPOINT_MS,
            "endpoints": ENDPOINTS,
            "processor_us_each_with_start": cpu_us,
        },
    )
