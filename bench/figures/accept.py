"""Tracked sends accepted a second, beside an empty view on the same server, and on the fastest there is for Flask.

By an account without a rate limit, and by one that has a limit, as every account has unless it is told otherwise, only
so high that it is never reached: asking whether there is room is a second script.
Twice: with the doors and the store alone, which is like for like with the empty view, and with everything running and
working off what was just accepted, which is how one machine of its own behaves under a campaign.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.alternation import Contender, alternate
from bench.load import ClosedLoad
from bench.rig import Rig
from bench.run import Aim, Finding, Measure, Run
from bench.traffic import EMPTY, batches, sends

AIM = Aim(bound=0.5, at_least=True)
BATCH_AIM = Aim(bound=5000, at_least=True)
BATCH = 1000  # messages a request, the most that is taken
OUT_OF_REACH = 1e6  # sends a second that an account may make
REQUESTS = 2000  # different ones, sent over and over: every one of them makes a message


def measure(run: Run) -> Finding:
    """Accept with the doors alone, then with everything running."""
    with run.rig() as rig:
        rig.stop_rest()
        rig.start_empty_view()
        one = _sender(run, rig, rig.account)
        limited = _sender(run, rig, rig.add_account("limited", send_rate=OUT_OF_REACH))
        baseline = _visitor(run, rig.empty_port, lambda: rig.cpu_seconds("empty"))
        tougher = _visitor(run, rig.granian_port, lambda: rig.cpu_seconds("granian"))
        store_before = rig.store.cpu_seconds()
        alone, under_limit, empty, granian = alternate(run, "accept", one, limited, baseline, tougher)
        store_us = (rig.store.cpu_seconds() - store_before) * 1e6 / (alone.answers + under_limit.answers)
        batched = run.load.run(_batch_load(run, rig))
        run.say(f"accept, in batches: {batched.rate * BATCH:,.0f}/s")
        rig.start_rest()
        busy, empty_beside = alternate(run, "accept, all running:", one, baseline)
    return Finding(
        measures=[
            Measure(name="tracked sends accepted", value=alone.rate, unit="/s", baseline=empty.rate, aim=AIM),
            Measure(name="  processor time of the server", value=alone.cpu, unit="µs", baseline=empty.cpu),
            Measure(
                name="  beside an empty view on granian", value=alone.rate, unit="/s", baseline=granian.rate, aim=AIM
            ),
            Measure(name="  under a rate limit", value=under_limit.rate, unit="/s", baseline=empty.rate, aim=AIM),
            Measure(name="  in batches of 1,000", value=batched.rate * BATCH, unit="/s", aim=BATCH_AIM),
            Measure(name="  with everything running", value=busy.rate, unit="/s", baseline=empty.rate),
        ],
        details={
            "doors_and_store": alone.as_json() | {"store_cpu_us_per_request": round(store_us)},
            "doors_and_store_under_a_rate_limit": under_limit.as_json(),
            "empty_view": empty.as_json(),
            "empty_view_on_granian": granian.as_json(),
            "everything_running": busy.as_json(),
            "empty_view_beside_everything": empty_beside.as_json(),
        },
    )


def _batch_load(run: Run, rig: Rig) -> ClosedLoad:
    return ClosedLoad(
        port=rig.port,
        requests=batches(rig.account, range(REQUESTS), BATCH),
        expected=200,
        seconds=2 * run.scale.slice_seconds,
        connections=2,
    )


def _sender(run: Run, rig: Rig, account: tuple[str, str]) -> Contender:
    load = ClosedLoad(
        port=rig.port,
        requests=sends(account, range(REQUESTS)),
        expected=201,
        seconds=run.scale.slice_seconds,
    )
    return Contender(load=lambda _: load, cpu_seconds=lambda: rig.cpu_seconds("web"))


def _visitor(run: Run, port: int, cpu_seconds: Callable[[], float]) -> Contender:
    load = ClosedLoad(port=port, requests=[EMPTY], expected=200, seconds=run.scale.slice_seconds)
    return Contender(load=lambda _: load, cpu_seconds=cpu_seconds)
