"""How long the server takes for a tap at half of the load that the door can take: an open model.

Counted from the moment at which the server has the tap, or should have had it if no connection was free, to the moment
at which the kernel has its answer; the middle of several slices. Beside it the whole wait, from the moment at which the
tap was due, and nginx at the same rate: with Lua, and without asking anybody, which is the machine's own share.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

from bench import nginx
from bench.figures.redirect import BESIDE, make_links
from bench.port import HOST
from bench.program import Broken
from bench.run import Aim, Finding, Measure, Run
from bench.tapping import Tapper, has_wrk
from bench.traffic import code_of
from shortlink.lifeline import die_with_parent

P50 = Aim(bound=0.5, at_least=False)
P99 = Aim(bound=2.0, at_least=False)
MINE = "redirect door"
BARE = "nginx that asks nobody"
_SCRIPT = Path(__file__).parent.parent / "open_taps.lua"


def measure(run: Run) -> Finding:
    """Find out what the door can take, then tap at half of that; in turn with nginx, where it is installed."""
    if not has_wrk():
        return Finding(left_out=["the server time of a tap at half load, as wrk is not installed"])
    with run.rig() as rig:
        tapper = Tapper(run.load, rig.path, [code_of(message) for message in make_links(run, rig)])
        rates = [tapper.tap(rig.link_port, seconds=run.scale.tap_slice_seconds).rate for _ in range(3)]
        rate = median(rates) / 2
        run.say(f"redirect latency: {rate:,.0f} taps a second")
        ports = {MINE: rig.link_port}
        if (lacking := nginx.missing()) is None:
            ports |= {BESIDE: rig.start_nginx(), BARE: rig.bare_nginx_port}
        slices: dict[str, list[dict[str, Any]]] = {name: [] for name in ports}
        for _ in range(run.scale.rounds):
            for name, port in ports.items():
                slices[name].append(_tap(port, rate, run.scale.open_seconds, tapper))
            run.say(", ".join(f"{name} {_told(found[-1])}" for name, found in slices.items()))
    measures = list(chain(_measures(slices, "p50", P50), _measures(slices, "p99", P99)))
    left_out = [] if lacking is None else [f"nginx beside the server time of a tap, as {lacking}"]
    return Finding(measures=measures, left_out=left_out, details={"taps_a_second": round(rate), **slices})


def _measures(slices: Mapping[str, list[dict[str, Any]]], name: str, aim: Aim) -> Iterator[Measure]:
    """Give the middle of the slices for one percentile."""

    def middle(side: str, time: str) -> float:
        return float(median(found[time][name] for found in slices[side]))

    value = middle(MINE, "server_ms")
    yield Measure(name=f"server time of a tap at half load, {name}", value=value, unit="ms", aim=aim)
    for side in (BESIDE, BARE):
        if side in slices:
            yield Measure(name=f"  of {side}, {name}", value=middle(side, "server_ms"), unit="ms")
    yield Measure(name=f"  from when it was due, {name}", value=middle(MINE, "answer_ms"), unit="ms")


def _told(found: Mapping[str, Any]) -> str:
    return "{p50:.2f} and {p99:.1f} ms".format_map(found["server_ms"])


def _begin() -> None:
    die_with_parent()
    _give_way()


def _give_way() -> None:
    """Have the generator push nobody off a core: the phones that it stands for are elsewhere.

    What it is late for that is in the time from when a tap was due.
    """
    if hasattr(os, "SCHED_BATCH"):  # not on macOS
        with suppress(OSError):  # somebody is not allowed even this
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def _tap(port: int, rate: float, seconds: float, tapper: Tapper) -> dict[str, Any]:
    """Tap at a rate for a while. Raises Broken."""
    command = ["wrk", "-t1", "-c1", "-d1s", "-s", str(_SCRIPT), f"http://{HOST}:{port}", "--"]
    command += [str(port), str(rate), str(seconds), str(tapper.file), str(tapper.agents)]
    patience = seconds * 2 + 30
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience, preexec_fn=_begin)
    except subprocess.TimeoutExpired:
        raise Broken(f"the taps did not end within {patience:.0f} s") from None
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise Broken(f"the taps ended: {(done.stdout + done.stderr)[-500:]}") from None
    return found
