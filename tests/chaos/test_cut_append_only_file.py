"""T3: the append-only file is cut at a random byte of its last second, as a power cut may leave it."""

from __future__ import annotations

import random
import shutil
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

LAST_SECOND = 1.0


def run(*, seed: int, cuts: int, load_seconds: float, writers: int) -> Outcome:
    """Load a store, kill it, and start it from many differently cut copies of its file."""
    outcome, dice = Outcome(test="T3 append-only file cut", seed=seed), random.Random(seed)
    refused: set[str] = set()
    breaches: set[str] = set()
    kept: list[float] = []
    starts: list[float] = []
    with tempfile.TemporaryDirectory(prefix="sl-") as folder:
        whole, since, size, accepted = _write(Path(folder) / "whole", load_seconds, writers)
        show_progress(f"{accepted:,} messages written; {cuts} cuts between byte {since:,} and {size:,}")
        for number in range(cuts):
            cut = dice.randrange(since, size)
            copy = Path(folder) / "copy"
            shutil.copytree(whole / "store", copy / "store")
            store = LoneStore(copy)
            with store.append_only_file.open("r+b") as file:
                file.truncate(cut)
            began = time.monotonic()
            if store.start():
                starts.append(time.monotonic() - began)
                with connect(store.url) as client:
                    inspector = Inspector(client)
                    breaches |= {f"byte {cut}: {one.invariant} {one.seen}" for one in audit_store(inspector)}
                    kept.append(sum(1 for _ in inspector.codes()))
            else:
                refused.add(f"byte {cut}")
            store.kill()
            shutil.rmtree(copy)
            if number % 50 == 49:
                show_progress(f"{number + 1} cuts")
    outcome.none_of("cut files that did not load", refused)
    outcome.none_of("breaches of an invariant after a cut", breaches)
    outcome.note("size", f"{cuts} cuts within the last {size - since:,} bytes ({LAST_SECOND:g} s) of {size:,}")
    outcome.note("messages written, and left after the deepest cut", f"{accepted:,}, {min(kept, default=0):,}")
    outcome.note(
        "seconds to start, half and 99 of 100", f"{percentile(starts, 0.5):.2f}, {percentile(starts, 0.99):.2f}"
    )
    return outcome


def _write(folder: Path, seconds: float, writers: int) -> tuple[Path, int, int, int]:
    """Load a store for a while and kill it; give its folder, where its last second began, its size, its messages."""
    with lone_store(folder) as store, Writer(store.url, threads=writers) as writer:
        sizes: list[tuple[float, int]] = []
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            sizes.append((time.monotonic(), store.append_only_file.stat().st_size))
            time.sleep(0.02)
        ended = time.monotonic()
        store.kill()
        since = max(size for at, size in sizes if at <= ended - LAST_SECOND)
        return folder, since, store.append_only_file.stat().st_size, len(writer.accepted)


@pytest.mark.timeout(120)
def test_a_file_cut_anywhere_in_its_last_second_loads_without_a_breach() -> None:
    outcome = run(seed=3, cuts=15, load_seconds=1.1, writers=1)
    print(outcome.table())
    assert outcome.broken == []
