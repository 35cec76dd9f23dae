"""How long the server takes for a tap at half of the load that the door can take: an open model.

Counted from the moment at which the server has the tap, or should have had it if no connection was free, to the moment
at which the kernel has its answer. Beside it the whole wait, from the moment at which the tap was due.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from bench import nginx
from bench.figures.redirect import BESIDE, make_links
from bench.port import HOST
from bench.program import Broken
from bench.run import Aim, Finding, Measure, Run
from bench.tapping import Tapper, has_wrk
from bench.traffic import IPHONE, code_of

P50 = Aim(bound=0.5, at_least=False)
P99 = Aim(bound=2.0, at_least=False)
_SCRIPT = Path(__file__).parent.parent / "open_taps.lua"


def measure(run: Run) -> Finding:
    """Find out what the door can take, then tap at half of that; and nginx at the same rate, where it is installed."""
    if not has_wrk():
        run.say("redirect latency: left out, as wrk is not installed")
        return Finding(details={"wrk": False})
    with run.rig() as rig:
        tapper = Tapper(run.load, rig.path, [code_of(message) for message in make_links(run, rig)])
        rates = [tapper.tap(rig.link_port, seconds=run.scale.tap_slice_seconds).rate for _ in range(3)]
        rate = sorted(rates)[1] / 2
        run.say(f"redirect latency: {rate:,.0f} taps a second")
        ports = {"link": rig.link_port}
        if nginx.missing() is None:
            ports["nginx"] = rig.start_nginx()
        found = {name: _tap(port, rate, run.scale.open_seconds, tapper.file) for name, port in ports.items()}
    finding = Finding(details={"taps_a_second": round(rate), **found})
    mine, other = found["link"], found.get("nginx")
    for name, aim in (("p50", P50), ("p99", P99)):
        took = mine["server_ms"][name]
        finding.measures.append(
            Measure(name=f"server time of a tap at half load, {name}", value=took, unit="ms", aim=aim)
        )
        if other is not None:
            finding.measures.append(Measure(name=f"  of {BESIDE}, {name}", value=other["server_ms"][name], unit="ms"))
        finding.measures.append(
            Measure(name=f"  from when it was due, {name}", value=mine["answer_ms"][name], unit="ms")
        )
    return finding


def _tap(port: int, rate: float, seconds: float, file: Path) -> dict[str, Any]:
    """Tap at a rate for a while. Raises Broken."""
    command = ["wrk", "-t1", "-c1", "-d1s", "-s", str(_SCRIPT), f"http://{HOST}:{port}", "--"]
    command += [str(port), str(rate), str(seconds), str(file), IPHONE]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds * 2 + 30)
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise Broken(f"the taps ended: {(done.stdout + done.stderr)[-500:]}") from None
    return found
