"""The queue is lost again and again: every key of RQ is deleted under load, which may cost time and nothing else."""

from __future__ import annotations

import threading
import time

import pytest

from shortlink.domain.due import Due
from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.connection import Store, connect
from tests.chaos.rig.checker import check_callbacks, check_sms, check_taps
from tests.chaos.rig.journal import journals
from tests.chaos.rig.outcome import Outcome, percentile
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import Service, running, show_progress, wait_for
from tests.chaos.rig.sink import Sink
from tests.chaos.rig.tapper import Tapper

CALM_SECONDS = 60.0
PATTERNS = ("rq:*", "{rq}*")


def run(*, seed: int, links: int, rate: float, every: float) -> Outcome:
    """Send and tap while the queue is emptied, then see that everything was done once."""
    outcome = Outcome(test="Queue lost", seed=seed)
    with journals("sent", "taps", "sink") as (sent, taps, seen), Sink(seen) as sink, running() as service:
        sender = Sender(service.api_url, service.installation.auth, sent)
        deleted = _Deleter(service, every)
        with deleted:
            codes = sender.send_all(range(links), lambda n: fields_for(n, click_url=sink.url(str(n))), rate=rate)
            path_of = {code: str(number) for number, code in codes.items()}
            show_progress(f"{links:,} messages accepted; tapping their links")
            Tapper(taps).tap_all(list(path_of), service.short_url, rate=rate)
        calm = wait_for(lambda: not any(map(service.owed, Due)), seconds=CALM_SECONDS)
        outcome.at_most("seconds from the last deletion until nothing was owed", calm or 1e9, CALM_SECONDS)
        snapshots = service.snapshots(list(path_of))
        check_taps(outcome, taps, snapshots, {code: f"https://shop.example/{n}" for code, n in path_of.items()})
        check_callbacks(outcome, seen, snapshots, path_of, service)
        check_sms(outcome, path_of, service)
        outcome.none_of("breaches of an invariant", service.breaches())
        outcome.note("deletions", f"{deleted.times:,}, {deleted.keys:,} keys in all")
        tapped = {path_of[one["code"]]: one["at"] for one in taps.entries() if one["what"] == "ok"}
        arrived = [one for one in seen.entries() if one["what"] == "arrived"]
        # A click may be stored although its tap was given up a moment before: no time to count from.
        waits = [one["at"] - tapped[one["path"]] for one in arrived if one["path"] in tapped]
        outcome.note("ms from tap to POST, half and worst", f"{percentile(waits, 0.5):.0f}, {max(waits):.0f}")
    return outcome


class _Deleter:
    """Deletes every key of RQ's at intervals, for as long as a `with` lasts."""

    def __init__(self, service: Service, every: float) -> None:
        self._url = service.installation.ready["redis_url"]
        self._every = every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="deleter", daemon=True)
        self.times = self.keys = 0

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(10)

    def _run(self) -> None:
        with connect(self._url) as store:
            while not self._done.wait(self._every):
                try:
                    self.keys += _delete(store)
                except StoreUnavailable:
                    time.sleep(self._every)
                    continue
                self.times += 1


def _delete(store: Store) -> int:
    names = [name for pattern in PATTERNS for name in store.scan_iter(match=pattern, count=1000)]
    return sum(store.delete(name) for name in names)


@pytest.mark.timeout(150)
def test_losing_the_queue_under_load_costs_time_and_nothing_else() -> None:
    outcome = run(seed=7, links=150, rate=75, every=0.05)
    print(outcome.table())
    assert outcome.broken == []
