"""T4: the store is killed under load; what it had acknowledged is looked for afterwards."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

import pytest

from shortlink.storage.connection import connect
from shortlink.storage.inspection import Inspector
from shortlink.use_cases.audit_store import audit_store
from tests.chaos.rig.lone_store import LoneStore, Writer, lone_store
from tests.chaos.rig.outcome import Outcome, percentile
from tests.chaos.rig.service import show_progress

FSYNC_WINDOW_MS = 2000.0  # Valkey holds a write back no longer than this while an fsync runs


def run(*, seed: int, kills: int, durable: bool, longest_load: float = 2.5) -> Outcome:
    """Kill a loaded store again and again, and count the acknowledged writes that are gone."""
    policy = "always" if durable else "everysec"
    outcome, dice = Outcome(test=f"T4 store killed, {policy}", seed=seed), random.Random(seed)
    lost: set[str] = set()
    ages: list[float] = []
    rates: list[float] = []
    starts: list[float] = []
    breaches: set[str] = set()
    acknowledged = unlucky = 0
    for number in range(kills):
        with tempfile.TemporaryDirectory(prefix="sl-") as folder, lone_store(Path(folder), durable=durable) as store:
            writer, killed, seconds = _load_and_kill(store, dice.uniform(0.5, longest_load))
            began = time.monotonic()
            assert store.start(), "the store did not start again"
            starts.append(time.monotonic() - began)
            gone = _gone(store, writer)
            breaches |= _audit(store)
        acknowledged += len(writer.accepted) + len(writer.clicked)
        rates.append(len(writer.accepted) / seconds)
        ages += [(killed - at) * 1000 for at in gone.values()]
        lost |= set(gone)
        unlucky += bool(gone)
        if number % 10 == 9:
            show_progress(f"{number + 1} kills with {policy}")
    if durable:
        outcome.none_of("acknowledged writes lost", lost)
    else:
        outcome.at_most("ms before the kill of the oldest lost write", max(ages, default=0), FSYNC_WINDOW_MS)
    outcome.none_of("breaches of an invariant after a kill", breaches)
    outcome.note("acknowledged writes lost", f"{len(ages):,} of {acknowledged:,}, in {unlucky} of {kills} kills")
    outcome.note("accepted messages a second, half of the runs above", f"{percentile(rates, 0.5):.0f}")
    outcome.note("seconds to start again, half and worst", f"{percentile(starts, 0.5):.2f}, {max(starts):.2f}")
    return outcome


def _load_and_kill(store: LoneStore, seconds: float) -> tuple[Writer, float, float]:
    began = time.monotonic()
    with Writer(store.url) as writer:
        time.sleep(seconds)
        store.kill()
        killed = time.monotonic()
    return writer, killed, killed - began


def _gone(store: LoneStore, writer: Writer) -> dict[str, float]:
    """Name the acknowledged writes that are not there, with the time of their acknowledgement."""
    with connect(store.url) as client:
        snapshots = {one.code: one for one in Inspector(client).look_at(list(writer.accepted))}
    gone = {f"accept {code}": at for code, at in writer.accepted.items() if snapshots[code].message is None}
    for code, at in writer.clicked.items():
        message = snapshots[code].message
        if message is None or message.link is None or message.link.first_click_at is None:
            gone[f"click {code}"] = at
    return gone


def _audit(store: LoneStore) -> set[str]:
    with connect(store.url) as client:
        return {f"{one.invariant} {one.seen}" for one in audit_store(Inspector(client))}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("durable", [False, True], ids=["everysec", "always"])
def test_a_killed_store_keeps_what_its_policy_promises(durable: bool) -> None:
    outcome = run(seed=4, kills=3, durable=durable, longest_load=1.0)
    print(outcome.table())
    assert outcome.broken == []
