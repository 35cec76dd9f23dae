"""Taps redirected a second by a store with a million links, beside one with ten thousand, in turn."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from bench.load import ClosedLoad
from bench.rig import Rig
from bench.run import Aim, Finding, Measure, Run
from bench.tapping import Tapper, Taps
from bench.traffic import code_of, message_ids, sends, tap_on
from shortlink.bootstrap.links import CODE_SALT
from shortlink.domain.code import CodeMint
from shortlink.storage import keys

AIM = Aim(bound=0.9, at_least=True)
AT_ONCE = 1000
SETTLE_SECONDS = 180.0  # for the store to rewrite its log, which so many new links make it do
TAPPED = 30  # times: more than there are times kept in a record


def measure(run: Run) -> Finding:
    """Tap both in turn, each over all of its links."""
    with run.rig() as small, run.rig() as large:
        few = _links(run, small, run.scale.links)
        many = _links(run, large, run.scale.many_links)
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


def _links(run: Run, rig: Rig, count: int) -> list[str]:
    """Make links that were tapped before: a first tap does more, and among a million nearly all would be first."""
    sent = ClosedLoad(port=rig.port, requests=sends(rig.account, range(1)), expected=201, keep_bodies=True)
    code = code_of(message_ids(run.load.run(sent).bodies)[0])
    run.load.run(ClosedLoad(port=rig.link_port, requests=[tap_on(code)] * TAPPED, expected=302, turned_away=503))
    run.say(f"copying a link until there are {count:,}")
    # A store that writes while it rewrites its log breaks its large pages, and the kernel takes minutes to mend a store
    # of this size; one that is as old as its links had these minutes. So the rewrite waits until all are made.
    rig.store.client.config_set("auto-aof-rewrite-percentage", 0)
    codes = [code, *_copy_link(rig, code, count - 1)]
    rig.store.client.config_set("auto-aof-rewrite-percentage", 100)
    rig.store.client.bgrewriteaof()
    rig.wait_until_log_is_compact(SETTLE_SECONDS)
    return codes


def _copy_link(rig: Rig, code: str, count: int) -> Iterator[str]:
    """Give the record of one link to many codes: as large as any other, and made in a fraction of the time."""
    mint = CodeMint(CODE_SALT, 9)
    store = rig.store.raw_client()
    record = store.dump(keys.record(code)) or b""
    drawn = (mint.draw() for _ in range(count))
    while some := list(islice(drawn, AT_ONCE)):
        pipe = store.pipeline(transaction=False)
        for other in some:
            pipe.restore(keys.record(other), 0, record, replace=True)  # a million draws meet now and then
        pipe.execute()
        yield from some
    store.close()
