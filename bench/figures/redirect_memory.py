"""What the processes hold after many clicks, beside what they held after few: it must not grow with clicks."""

from __future__ import annotations

from collections.abc import Mapping

from bench.figures.redirect import make_links
from bench.rig import Rig
from bench.run import Aim, Finding, Measure, Run
from bench.tapping import Tapper
from bench.traffic import code_of

AIM = Aim(bound=1.1, at_least=False)
STORE = "store"  # keeps the clicks themselves for as long as the setting says; told, not judged
SETTLE_SECONDS = 180.0
OTHERS = frozenset({"empty", "granian", "nginx"})  # what a quick run's rig still holds from other figures


def measure(run: Run) -> Finding:
    """Tap with everything running, and look at every process twice."""
    with run.rig() as rig:
        rig.start_rest()
        tapper = Tapper(run.load, rig.path, [code_of(message) for message in make_links(run, rig)])
        # What the messages themselves take is none of the clicks' doing.
        rig.wait_until_delivered(run.say, SETTLE_SECONDS)
        few = _tap(run, rig, tapper, run.scale.links)
        before = rig.resident_bytes()
        many = few + _tap(run, rig, tapper, run.scale.many_taps - few)
        after = rig.resident_bytes()
    return Finding(
        measures=growth(before, after, of=f"{many:,} clicks", beside=f"{few:,} clicks"),
        details={"before": before, "after": after},
    )


def growth(before: Mapping[str, int], after: Mapping[str, int], *, of: str, beside: str) -> list[Measure]:
    """Hold what each part of the installation takes after so much beside what it took after less, in bytes."""
    return [
        Measure(
            name=f"memory of {name} after {of}",
            value=after[name] / 1e6,
            unit="MB",
            baseline=before[name] / 1e6,
            aim=None if name == STORE else AIM,
            beside=beside,
        )
        for name in after
        if before.get(name) and name not in OTHERS
    ]


def _tap(run: Run, rig: Rig, tapper: Tapper, count: int) -> int:
    done = 0
    while done < count:
        seconds = run.scale.tap_slice_seconds if done < 50_000 else 10.0
        done += tapper.tap(rig.link_port, seconds=seconds).answers
    run.say(f"{done:,} taps")
    return done
