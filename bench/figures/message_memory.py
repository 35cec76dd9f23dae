"""What the processes hold after many messages, beside what they held after few: it must not grow with messages."""

from __future__ import annotations

import time

from bench.figures.redirect_memory import growth
from bench.load import ClosedLoad
from bench.program import Broken
from bench.rig import Rig
from bench.run import Finding, Run
from bench.sink import Sink
from bench.traffic import message_ids, sends, taps

FEW = 1 / 5  # of all, after which what every process remembers is full: the redirect door 10,000 links
SETTLE_SECONDS = 600.0


def measure(run: Run) -> Finding:
    """Send with everything running, tap each link, have each click told, and look at every process twice."""
    with run.rig() as rig, Sink() as sink:
        rig.start_rest()
        looks = {}
        done = 0
        for count in (round(run.scale.messages * FEW), run.scale.messages):
            while done < count:
                numbers = range(done, min(done + run.scale.links, count))
                _live(run, rig, sink, numbers)
                done = numbers.stop
                run.say(f"{done:,} messages")
            looks[count] = rig.resident_bytes()
    (few, before), (many, after) = looks.items()
    return Finding(
        measures=growth(before, after, of=f"{many:,} messages", beside=f"{few:,} messages"),
        details={"before": before, "after": after},
    )


def _live(run: Run, rig: Rig, sink: Sink, numbers: range) -> None:
    """Send these messages, and wait until each is delivered and the click on each is told. Raises Broken."""
    requests = sends(rig.account, numbers, sink.url)
    made = run.load.run(ClosedLoad(port=rig.port, requests=requests, expected=201, keep_bodies=True))
    rig.wait_until_delivered(run.say, SETTLE_SECONDS)
    run.load.run(ClosedLoad(port=rig.link_port, requests=taps(message_ids(made.bodies)), expected=302))
    deadline = time.monotonic() + SETTLE_SECONDS
    while len(sink.arrivals) < numbers.stop:
        if time.monotonic() > deadline:
            raise Broken(f"of {numbers.stop:,} clicks {len(sink.arrivals):,} were told")
        time.sleep(0.1)
