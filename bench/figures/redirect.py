"""Taps redirected a second with every click stored, beside nginx with Lua that runs the same script, in turn.

On 64 connections that are kept, on a fresh connection for each tap, and all on one link.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench import nginx
from bench.load import ClosedLoad
from bench.rig import Rig
from bench.run import Aim, Check, Finding, Measure, Run
from bench.tapping import CONNECTIONS, Tapper, Taps, has_wrk
from bench.traffic import EMPTY, code_of, message_ids, reads, sends, taps

AIM = Aim(bound=0.55, at_least=True)
BESIDE = "nginx with Lua"
REST_SECONDS = 0.2


@dataclass(slots=True)
class Side:
    """The slices of one server, and the processor time it took for a tap."""

    slices: list[Taps] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """The median of redirects a second, the first slice left out: it wakes everything up."""
        return median(one.rate for one in self.slices[1:])

    @property
    def cpu(self) -> float:
        """The median of processor microseconds for a tap."""
        return median(self.cpu_us[1:])

    def as_json(self) -> dict[str, Any]:
        """Everything that was seen."""
        return {
            "per_second": [round(one.rate, 1) for one in self.slices],
            "p50_ms": [round(one.p50_ms, 2) for one in self.slices],
            "server_cpu_us_per_tap": [round(us, 1) for us in self.cpu_us],
            "refused": sum(one.refused for one in self.slices),
        }


def measure(run: Run) -> Finding:
    """Tap many links in turn, then count what was stored."""
    finding = Finding()
    with run.rig() as rig:
        messages = make_links(run, rig)
        codes = [code_of(message) for message in messages]
        before = _clicks_stored(run, rig, messages)
        ports = {"link": rig.link_port}
        if (lacking := nginx.missing()) is None:
            ports["nginx"] = rig.start_nginx()
        else:
            finding.left_out.append(f"nginx with Lua beside taps, as {lacking}")
        many, one = Tapper(run.load, rig.path, codes), Tapper(run.load, rig.path, codes[:1])
        sides = [_measure(run, rig, finding, "64 connections", ports, many)]
        finding.measures.append(_beside_nothing(run, rig, sides[0]))
        if has_wrk():
            sides.append(_measure(run, rig, finding, "a fresh connection each", ports, many, fresh=True))
        else:
            finding.left_out.append("taps on fresh connections, as wrk is not installed")
        sides.append(_measure(run, rig, finding, "one hot link", ports, one))
        after = _clicks_at_rest(run, rig, messages)
        finding.checks.append(_check_each(run, rig, messages, after))
    finding.details |= {"links": len(codes), "wrk": has_wrk(), "nginx": lacking or "measured"}
    slices = [taps for side in sides for taps in side]
    finding.checks.insert(0, _check(after - before, slices))
    return finding


def make_links(run: Run, rig: Rig) -> list[str]:
    """Send messages with links, and return their ids."""
    run.say(f"making {run.scale.links:,} links")
    load = ClosedLoad(
        port=rig.port, requests=sends(rig.account, range(run.scale.links)), expected=201, keep_bodies=True
    )
    return message_ids(run.load.run(load).bodies)


def _measure(
    run: Run, rig: Rig, finding: Finding, what: str, ports: dict[str, int], tapper: Tapper, *, fresh: bool = False
) -> list[Taps]:
    """Tap the servers in turn, note the figure, and return every slice of it."""
    sides = {name: Side() for name in ports}
    for number in range(run.scale.rounds + 1):
        for name, side in sides.items():
            used = rig.cpu_seconds(name)
            taps = tapper.tap(ports[name], seconds=run.scale.tap_slice_seconds, fresh=fresh)
            side.slices.append(taps)
            side.cpu_us.append((rig.cpu_seconds(name) - used) * 1e6 / max(1, taps.answers))
        if number > 0:
            told = ", ".join(f"{name} {side.slices[-1].rate:,.0f}/s" for name, side in sides.items())
            run.say(f"taps, {what}: {told}")
    mine, other = sides["link"], sides.get("nginx")
    finding.measures += [
        _beside(f"taps, {what}", "/s", mine, other, lambda side: side.rate, AIM if other else None),
        _beside("  processor time of the server", "µs", mine, other, lambda side: side.cpu, None),
    ]
    finding.details[what] = {name: side.as_json() for name, side in sides.items()}
    return [taps for side in sides.values() for taps in side.slices]


def _beside(
    name: str, unit: str, mine: Side, other: Side | None, value: Callable[[Side], float], aim: Aim | None
) -> Measure:
    baseline = value(other) if other else None
    return Measure(name=name, value=value(mine), unit=unit, baseline=baseline, aim=aim, beside=BESIDE)


def _beside_nothing(run: Run, rig: Rig, taps: list[Taps]) -> Measure:
    """Set the rate of taps beside that of an empty Flask view, which needs nothing but Python to be measured."""
    rig.start_empty_view()
    load = ClosedLoad(port=rig.empty_port, requests=[EMPTY], expected=200, seconds=run.scale.slice_seconds)
    run.load.run(load)  # wakes everything up
    empty = run.load.run(load).rate
    run.say(f"empty view {empty:,.0f}/s")
    mine = Side(slices=taps[: run.scale.rounds + 1])  # those of our door come first
    return Measure(name="  beside an empty Flask view", value=mine.rate, unit="/s", baseline=empty)


def _check(stored: int, slices: list[Taps]) -> Check:
    served, refused = sum(one.answers for one in slices), sum(one.refused for one in slices)
    # At the end of a slice each connection may have a tap under way, and one that was answered 503 may have reached
    # the store a moment after it was given up.
    under_way = len(slices) * CONNECTIONS
    return Check(
        name="clicks stored = redirects served",
        holds=served <= stored <= served + refused + under_way,
        seen=f"{stored} stored, {served} served, {refused} turned away, up to {under_way} under way at ends of slices",
    )


def _check_each(run: Run, rig: Rig, messages: list[str], before: int) -> Check:
    """Tap each link once more and wait for every answer: nothing is under way then, so the counts have to be equal.

    A tap that was turned away may have been stored all the same.
    """
    load = ClosedLoad(
        port=rig.link_port, requests=taps(messages), expected=302, turned_away=503, connections=CONNECTIONS
    )
    found = run.load.run(load)
    stored, refused = _clicks_stored(run, rig, messages) - before, len(found.turned_away)
    return Check(
        name="the same, every answer awaited",
        holds=found.answers <= stored <= found.answers + refused,
        seen=f"{stored} stored, {found.answers} served, {refused} turned away",
    )


def _clicks_at_rest(run: Run, rig: Rig, messages: list[str]) -> int:
    """Add them up until no more come: taps that a slice left under way are stored a moment later on a busy machine."""
    stored, before = _clicks_stored(run, rig, messages), -1
    while stored != before:
        time.sleep(REST_SECONDS)
        before, stored = stored, _clicks_stored(run, rig, messages)
    return stored


def _clicks_stored(run: Run, rig: Rig, messages: list[str]) -> int:
    """Ask the API for every message, as a customer would, and add up the clicks."""
    asked = ClosedLoad(port=rig.port, requests=reads(rig.account, messages), expected=200, keep_bodies=True)
    return sum(json.loads(body)["link_tracking"]["clicks"] for body in run.load.run(asked).bodies)
