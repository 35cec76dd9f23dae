"""Rolling restarts under load: the doors change their workers, the others end and are started again; nobody notices."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Mapping

import pytest

from shortlink.domain.due import Due
from tests.chaos.rig.checker import check_callbacks, check_sms, check_taps
from tests.chaos.rig.journal import journals
from tests.chaos.rig.outcome import Outcome, percentile
from tests.chaos.rig.processes import processes_of, send_signal
from tests.chaos.rig.sender import Sender, Sent, fields_for
from tests.chaos.rig.service import Service, running, show_progress, wait_for
from tests.chaos.rig.sink import Sink
from tests.chaos.rig.tapper import Tapper

DOORS = ("web", "link")
OTHERS = ("dispatcher", "messages", "callbacks")
CHANGE_SECONDS = 30.0
CALM_SECONDS = 60.0


def run(*, seed: int, restarts: int, rate: float) -> Outcome:
    """Restart everything in turn while requests come at a steady rate."""
    outcome = Outcome(test="Rolling restarts", seed=seed)
    with journals("sent", "taps", "sink") as (sent, taps, seen), Sink(seen) as sink, running() as service:
        sender = Sender(service.api_url, service.installation.auth, sent)
        load = _Load(service, sender, sink, Tapper(taps, threads=1), rate)
        with load:
            slowest = max(_restart_all(service, number) for number in range(restarts))
        outcome.none_of("requests to send that failed", {f"{one.status}" for one in load.sent if one.status != 201})
        outcome.none_of("taps that failed", {f"{e['what']} {e['status']}" for e in taps.entries() if e["what"] in BAD})
        calm = wait_for(lambda: not any(map(service.owed, Due)), seconds=CALM_SECONDS)
        outcome.at_most("seconds until nothing was owed", calm or 1e9, CALM_SECONDS)
        path_of = {one.code: str(number) for number, one in enumerate(load.sent) if one.code}
        snapshots = service.snapshots(list(path_of))
        check_taps(outcome, taps, snapshots, {code: f"https://shop.example/{n}" for code, n in path_of.items()})
        check_callbacks(outcome, seen, snapshots, path_of, service)
        check_sms(outcome, path_of, service)
        outcome.none_of("breaches of an invariant", service.breaches())
        waits = [one.seconds * 1000 for one in load.sent]
        outcome.note("size", f"{restarts} restarts of everything, {len(load.sent):,} messages sent and tapped")
        outcome.note("ms to a 201, half and worst", f"{percentile(waits, 0.5):.0f}, {max(waits):.0f}")
        outcome.note("seconds of the slowest restart of everything", f"{slowest:.1f}")
    return outcome


BAD = ("fail", "unknown")


class _Load:
    """Sends messages and taps each one's link, once, without a second try, for as long as a `with` lasts."""

    def __init__(self, service: Service, sender: Sender, sink: Sink, tapper: Tapper, rate: float) -> None:
        self._service, self._sender, self._sink, self._tapper, self._rate = service, sender, sink, tapper, rate
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self.sent: list[Sent] = []

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._done.wait(1 / self._rate):
            number = len(self.sent)
            one = self._sender.send_once(fields_for(number, click_url=self._sink.url(str(number))))
            self.sent.append(one)
            if one.code:
                self._tapper.tap_all([one.code], self._service.short_url, rate=1000)


def _restart_all(service: Service, number: int) -> float:
    """Ask the doors for new workers and end the others; wait until all of it has happened."""
    began = time.monotonic()
    old = {process.pid: process.role for process in processes_of(service.up)}
    changing = {pid: role for pid, role in old.items() if role in OTHERS or role.removesuffix("-worker") in DOORS}
    for pid, role in changing.items():
        if role in DOORS:
            send_signal(pid, signal.SIGHUP)
        elif role in OTHERS:
            send_signal(pid, signal.SIGTERM)
    going = {pid for pid, role in changing.items() if role not in DOORS}

    def changed() -> bool:
        there = processes_of(service.up)
        whole = {process.role for process in there} == set(old.values())
        return whole and not going & {process.pid for process in there}

    assert wait_for(changed, seconds=CHANGE_SECONDS) is not None, _difference(old, service)
    show_progress(f"restart {number + 1}")
    return time.monotonic() - began


def _difference(old: Mapping[int, str], service: Service) -> str:
    """Say what stood in the way of a change that did not come to its end."""
    there = {process.pid: process.role for process in processes_of(service.up)}
    staying = sorted(f"{old[pid]} {pid}" for pid in old.keys() & there.keys())
    return f"not everything was started again: still there {staying}; before {old}, now {there}"


@pytest.mark.timeout(120)
def test_rolling_restarts_under_load_fail_no_request() -> None:
    outcome = run(seed=8, restarts=2, rate=20)
    print(outcome.table())
    assert outcome.broken == []
