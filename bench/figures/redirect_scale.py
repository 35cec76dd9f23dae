"""Taps redirected a second by a store with a million links, beside one with ten thousand, in turn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bench.figures.redirect import make_links
from bench.rig import Rig
from bench.run import Aim, Finding, Measure, Run
from bench.tapping import Tapper, Taps
from bench.traffic import code_of
from shortlink.bootstrap import CODE_SALT
from shortlink.domain.code import CodeMint
from shortlink.storage import keys

AIM = Aim(bound=0.9, at_least=True)
AT_ONCE = 1000


def measure(run: Run) -> Finding:
    """Tap both in turn, each over all of its links."""
    with run.rig() as small, run.rig() as large:
        few = [code_of(message) for message in make_links(run, small)]
        many = [code_of(message) for message in make_links(run, large)] if large is not small else few
        run.say(f"copying a link until there are {run.scale.many_links:,}")
        many = [*many, *_copy_links(large, many[0], run.scale.many_links - len(many))]
        small_taps, large_taps = Tapper(run.load, small.path, few), Tapper(run.load, large.path, many)
        seconds = run.scale.tap_slice_seconds
        slices: list[tuple[Taps, Taps]] = []
        for _ in range(run.scale.rounds + 1):
            slices.append(
                (large_taps.tap(large.link_port, seconds=seconds), small_taps.tap(small.link_port, seconds=seconds))
            )
            run.say(f"taps: {slices[-1][0].rate:,.0f}/s of many links, {slices[-1][1].rate:,.0f}/s of few")
    rates = [sorted(one.rate for one in side[1:]) for side in zip(*slices, strict=True)]
    of_many, of_few = (side[len(side) // 2] for side in rates)
    name = f"taps, {run.scale.many_links:,} links"
    beside = f"{run.scale.links:,} links"
    return Finding(
        measures=[Measure(name=name, value=of_many, unit="/s", baseline=of_few, aim=AIM, beside=beside)],
        details={"per_second": [[round(one.rate, 1) for one in pair] for pair in slices]},
    )


def _copy_links(rig: Rig, code: str, count: int) -> Iterator[str]:
    """Give the record of one link to many codes: as large as all others, and made in a fraction of the time."""
    mint = CodeMint(CODE_SALT, 9)
    store = rig.raw_store()
    record = store.dump(keys.record(code)) or b""
    drawn = (mint.draw() for _ in range(count))
    while some := list(islice(drawn, AT_ONCE)):
        pipe = store.pipeline(transaction=False)
        for other in some:
            pipe.restore(keys.record(other), 0, record)
        pipe.execute()
        yield from some
    store.close()
