"""How long a tap waits for its redirect at half of the load that the door can take: an open model."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from bench.figures.redirect import make_links
from bench.program import Broken
from bench.run import Aim, Finding, Measure, Run
from bench.tapping import Tapper
from bench.traffic import code_of

P50 = Aim(bound=0.5, at_least=False)
P99 = Aim(bound=2.0, at_least=False)


def measure(run: Run) -> Finding:
    """Find out what the door can take, then tap at half of that."""
    with run.rig() as rig:
        tapper = Tapper(run.load, rig.path, [code_of(message) for message in make_links(run, rig)])
        rates = [tapper.tap(rig.link_port, seconds=run.scale.tap_slice_seconds).rate for _ in range(3)]
        rate = sorted(rates)[1] / 2
        run.say(f"redirect latency: {rate:,.0f} taps a second")
        arguments = (str(rig.link_port), str(rate), str(run.scale.open_seconds), str(tapper.file))
        command = (sys.executable, "-m", "bench.open_taps", *arguments)
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise Broken(done.stderr[-500:])
    found = json.loads(done.stdout)
    return Finding(
        measures=[
            Measure(name="tap to redirect at half load, p50", value=found["p50_ms"], unit="ms", aim=P50),
            Measure(name="tap to redirect at half load, p99", value=found["p99_ms"], unit="ms", aim=P99),
        ],
        details={"taps_a_second": round(rate), **{name: round(value, 3) for name, value in found.items()}},
    )
