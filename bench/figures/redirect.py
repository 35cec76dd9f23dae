"""Taps redirected a second with every click stored, beside an empty view on the same server."""

from __future__ import annotations

import json

from bench.alternation import Contender, alternate
from bench.load import ClosedLoad
from bench.rig import Rig
from bench.run import Check, Finding, Measure, Run
from bench.traffic import EMPTY, message_ids, reads, sends, taps


def measure(run: Run) -> Finding:
    """Tap many links in turn, then count what was stored."""
    with run.rig() as rig:
        rig.start_empty_view()
        run.say(f"redirect: making {run.scale.links:,} links")
        made = ClosedLoad(
            port=rig.port, requests=sends(rig.account, range(run.scale.links)), expected=201, keep_bodies=True
        )
        messages = message_ids(run.load.run(made).bodies)
        tapped, empty = alternate(run, "redirect", _tapper(run, rig, messages), _visitor(run, rig))
        stored = _clicks_stored(run, rig, messages)
    return Finding(
        measures=[
            Measure(name="taps redirected, click stored", value=tapped.rate, unit="/s", baseline=empty.rate),
            Measure(name="  processor time of the server", value=tapped.cpu, unit="µs", baseline=empty.cpu),
        ],
        checks=[
            Check(
                name="clicks stored = redirects served",
                # A tap that was answered 503 may have reached the store a moment after it was given up.
                holds=tapped.answers <= stored <= tapped.answers + tapped.turned_away,
                seen=f"{stored} stored, {tapped.answers} served, {tapped.turned_away} turned away with 503",
            )
        ],
        details={"redirect": tapped.as_json(), "empty_view": empty.as_json(), "links": len(messages)},
    )


def _tapper(run: Run, rig: Rig, messages: list[str]) -> Contender:
    requests = taps(messages)

    def load(number: int) -> ClosedLoad:
        first = number * len(requests) // (run.scale.rounds + 1)  # every slice begins with other links
        return ClosedLoad(
            port=rig.link_port,
            requests=requests[first:] + requests[:first],
            expected=302,
            turned_away=503,
            seconds=run.scale.slice_seconds,
        )

    return Contender(load=load, cpu_seconds=lambda: rig.cpu_seconds("link"))


def _visitor(run: Run, rig: Rig) -> Contender:
    load = ClosedLoad(port=rig.empty_port, requests=[EMPTY], expected=200, seconds=run.scale.slice_seconds)
    return Contender(load=lambda _: load, cpu_seconds=lambda: rig.cpu_seconds("empty"))


def _clicks_stored(run: Run, rig: Rig, messages: list[str]) -> int:
    """Ask the API for every message, as a customer would, and add up the clicks."""
    asked = ClosedLoad(port=rig.port, requests=reads(rig.account, messages), expected=200, keep_bodies=True)
    return sum(json.loads(body)["link_tracking"]["clicks"] for body in run.load.run(asked).bodies)
