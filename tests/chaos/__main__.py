"""The long form of the proof: `make chaos`, or `python -m tests.chaos --only T1 --scale 0.1 --seed 7`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial

from tests.chaos import (
    bad_network,
    everything_killed,
    soak,
    test_clicks_under_kills,
    test_cut_append_only_file,
    test_queue_fan_out,
    test_queue_lost,
    test_rolling_restarts,
    test_sends_under_a_bad_carrier,
    test_slow_customers,
    test_store_killed,
    test_store_trouble,
    test_webhooks_under_kills,
    test_zombies,
)
from tests.chaos.rig.frozen_worker import POINTS
from tests.chaos.rig.outcome import Outcome

Test = Callable[[], Outcome]


def tests(seed: int, scale: float) -> Mapping[str, Test]:
    """List the tests with their long sizes, times `scale`."""

    def size(full: int, least: int = 1) -> int:
        return max(least, round(full * scale))

    links = size(20_000, 50)
    return {
        "T1": partial(
            test_clicks_under_kills.run,
            seed=seed,
            links=links,
            taps=3 * links,
            rate=80 if scale >= 1 else 60,
            kill_every=2.5 if scale >= 1 else 1.0,
            store_kills=5,
            # At this rate a busy machine gets behind while it is killed. With the short offers of the other tests it
            # would then offer again what its queue still holds.
            settings={"SHORTLINK_OFFER_SECONDS": "20"},
            drain_seconds=900 if scale >= 1 else 120,
        ),
        "T2": partial(
            test_sends_under_a_bad_carrier.run,
            seed=seed,
            messages=size(5_000, 140),
            rate=12,
            kill_every=1,
            stall=40,
            lag=10,
            settings=_AS_IN_SERVICE,
        ),
        "T2-hold": partial(test_sends_under_a_bad_carrier.run_held, seed=seed, messages=size(500, 40)),
        "T3": partial(test_cut_append_only_file.run, seed=seed, cuts=size(300), load_seconds=1.5, writers=4),
        "T4-everysec": partial(test_store_killed.run, seed=seed, kills=size(50), durable=False),
        "T4-always": partial(test_store_killed.run, seed=seed, kills=size(50), durable=True),
        "T5": partial(test_zombies.run, seed=seed, rounds=size(20), points=list(POINTS)),
        "T6": partial(bad_network.run, seed=seed, seconds=max(3, 20 * scale), taps_a_second=40, sends_a_second=20),
        "webhooks": partial(test_webhooks_under_kills.run, seed=seed, links=size(2_000, 50), rate=20, kill_every=1),
        "T11": partial(test_slow_customers.run, seed=seed, links=size(2_000, 200), rate=50),
        "T12": partial(test_queue_fan_out.run, seed=seed, each=size(200, 20)),
        "store": partial(test_store_trouble.run, seed=seed, rounds=size(5), links=100, share=0.99),
        "queue": partial(test_queue_lost.run, seed=seed, links=size(2_000, 100), rate=40, every=0.2),
        "everything": partial(everything_killed.run, seed=seed, links=size(1_000, 40), rate=20, kills=size(20)),
        "restarts": partial(test_rolling_restarts.run, seed=seed, restarts=10, rate=20),
    }


def separate_tests(seed: int, scale: float) -> Mapping[str, Test]:
    """List the tests that run only when they are asked for by name, since they take hours."""
    return {"T14": partial(soak.run, seed=seed, hours=8 * scale, rate=8)}


# The waits that decide about sending as they are in service, so that a carrier that stalls outlives our patience.
_AS_IN_SERVICE = {
    "SHORTLINK_LEASE_SECONDS": "75",
    "SHORTLINK_OFFER_SECONDS": "20",
    "SHORTLINK_WORKER_THREADS": "64",
    "SHORTLINK_RECONCILE_SCHEDULE": "5,10,20",
}


def main() -> int:
    """Run what the command line asks for; 1 when a promise was broken."""
    given = _parse()
    os.environ["CHAOS_PROGRESS"] = "1"
    chosen = {
        name: test
        for name, test in tests(given.seed, given.scale).items()
        if given.only in ("", name, name.split("-")[0])
    }
    if not chosen:
        chosen = {name: test for name, test in separate_tests(given.seed, given.scale).items() if given.only == name}
    print(f"python -m tests.chaos --seed {given.seed} --scale {given.scale:g}  ({_machine()})", flush=True)
    outcomes = {}
    for name, test in chosen.items():
        began = time.monotonic()
        print(f"\n{name}", flush=True)
        outcomes[name] = test()
        print(f"{outcomes[name].table()}\n      took {time.monotonic() - began:.0f} s", flush=True)
    print()
    for name, outcome in outcomes.items():
        print(f"{name:<12} {'BROKEN: ' + '; '.join(outcome.broken) if outcome.broken else 'kept'}")
    return int(not outcomes or any(outcome.broken for outcome in outcomes.values()))


def _machine() -> str:
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, load {load:.1f}"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Kill things while they work.")
    parser.add_argument(
        "--only", default="", help="one test: T1, T4, T4-always, store …, or T14, which is run only by name"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000, help="repeats the same draws")
    parser.add_argument("--scale", type=float, default=1.0, help="sizes times this")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
