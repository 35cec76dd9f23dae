"""T14: hours of everyday life; no process holds more in the end, and what has ended leaves nothing in the store.

What ends does so after months: then the store, whose clock decides, is started once more with its clock ahead, and what
is left in it is held against what a minute's life leaves. Only when it is asked for by name: it takes eight hours.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from shortlink.domain.due import Due
from tests.chaos.rig.checker import check_accepts, check_callbacks, check_sms, check_taps
from tests.chaos.rig.footprint import held_by, kept_in
from tests.chaos.rig.journal import Journal, journals
from tests.chaos.rig.later import ahead, library
from tests.chaos.rig.life import WINDOW_SECONDS, Life, People, moody
from tests.chaos.rig.lone_store import LoneStore, lone_store
from tests.chaos.rig.outcome import Outcome
from tests.chaos.rig.processes import OURS
from tests.chaos.rig.sender import Sender
from tests.chaos.rig.service import Service, running, show_progress, wait_for
from tests.chaos.rig.sink import Sink
from tests.chaos.rig.tapper import Tapper
from tests.chaos.rig.visitor import Visitor

CALM_SECONDS = 300.0
DAYS = 200  # later everything has ended: a link after 90, its record after 120
HOUSE_SECONDS = 130.0  # whose turn it is to keep house is asked once a minute
BEGINNING = 1 / 8  # of the time, after which whatever fills up only once is full
FILLED = 20_000  # messages, after which that is so: a process of the redirect door remembers 10,000 targets
MOST_GROWTH = 5.0  # of 100
MOST_LEFT = 2048  # bytes: a hundredth of one for each of the messages of eight hours


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lived:
    """A running service and what happened to it."""

    service: Service
    store: LoneStore
    life: Life
    people: People
    seen: Journal


def run(*, seed: int, hours: float, rate: float) -> Outcome:
    """Live for hours with so many messages a second, look at all that is held, check everything, let it all end."""
    outcome, by = Outcome(test="T14 soak", seed=seed), library()
    with _living(seed, rate) as lived:
        _live(outcome, lived, hours * 3600)
        if by is None:
            outcome.note("what is left when all has ended", "not looked at, since libfaketime is not installed")
            return outcome
        left = _let_all_end(lived, by)
        outcome.none_of("breaches of an invariant when all has ended", lived.service.breaches())
    show_progress("the same with a minute's life")
    with _living(seed, rate) as lived:
        lived.life.go_on(WINDOW_SECONDS)
        least = _let_all_end(lived, by)
    _tell_left(outcome, left, least)
    return outcome


def _live(outcome: Outcome, lived: _Lived, seconds: float) -> None:
    lived.life.go_on(seconds * BEGINNING)
    before, is_full = held_by(lived.service.up), len(lived.life.path_of) >= FILLED
    lived.life.go_on(seconds * (1 - BEGINNING))
    outcome.at_most("seconds from the end until nothing was owed", _calm_down(lived.service), CALM_SECONDS)
    _tell_growth(outcome, before, held_by(lived.service.up), is_full=is_full)
    _check(outcome, lived)


def _calm_down(service: Service) -> float:
    return wait_for(lambda: not any(map(service.owed, Due)), seconds=CALM_SECONDS) or 1e9


@contextmanager
def _living(seed: int, rate: float) -> Iterator[_Lived]:
    with (
        journals("sent", "taps", "seen", "told") as (sent, taps, seen, told),
        tempfile.TemporaryDirectory(prefix="sl-") as folder,
        lone_store(Path(folder), durable=True) as store,
        Sink(seen, moody(seed)) as sink,
        Sink(told, moody(seed)) as listener,
        running(settings={"SHORTLINK_REDIS_URL": store.url}, store_url=store.url) as service,
        closing(Visitor(service)) as visitor,
    ):
        _subscribe(service, listener.url("events"))
        sender = Sender(service.api_url, service.installation.auth, sent, threads=8)
        people = People(sender=sender, tapper=Tapper(taps, threads=32), visitor=visitor)
        life = Life(service, store, people, sink, seed=seed, rate=rate)
        yield _Lived(service=service, store=store, life=life, people=people, seen=seen)


def _subscribe(service: Service, url: str) -> None:
    asked = {"url": url, "events": ["message.delivered", "link.clicked", "link.previewed"], "rate": 200}
    answer = requests.post(f"{service.api_url}/webhooks/", json=asked, auth=service.installation.auth, timeout=10)
    assert answer.status_code == 201, answer.text


def _tell_growth(outcome: Outcome, before: Counter[str], after: Counter[str], *, is_full: bool) -> None:
    """Bound what each part may hold more in the end, unless it was still filling up when it was looked at first."""
    for role in OURS:
        if is_full and before[role]:
            outcome.at_most(f"growth of {role}, %", round(100 * (after[role] / before[role] - 1), 2), MOST_GROWTH)
    shown = ", ".join(f"{role} {before[role] / 1e6:.1f} and {after[role] / 1e6:.1f}" for role in sorted(after))
    judged = "" if is_full else f" (not judged, since fewer than {FILLED:,} messages were sent by then)"
    outcome.note("MB held after the first eighth and in the end", shown + judged)


def _tell_left(outcome: Outcome, left: Counter[str], least: Counter[str]) -> None:
    """Bound what hours leave beyond what a minute leaves; counters that a minute had no use for are more by some."""
    more = left - least
    outcome.at_most("bytes that hours leave in the store beyond what a minute leaves", more.total(), MOST_LEFT)
    outcome.note("bytes left in the store", f"{left.total():,} after hours, {least.total():,} after a minute")
    outcome.note("more of", ", ".join(f"{kind} {size:+,}" for kind, size in more.most_common(5)) or "nothing")


def _check(outcome: Outcome, lived: _Lived) -> None:
    """Compare what everybody saw with what the store holds."""
    service, path_of = lived.service, lived.life.path_of
    snapshots = service.snapshots(list(path_of))
    check_taps(
        outcome,
        lived.people.tapper.journal,
        snapshots,
        {code: f"https://shop.example/{number}" for code, number in path_of.items()},
    )
    check_callbacks(outcome, lived.seen, snapshots, path_of, service)
    check_accepts(outcome, lived.people.sender.journal)
    check_sms(outcome, path_of, service)
    outcome.none_of("breaches of an invariant", service.breaches())
    visitor, kills = lived.people.visitor, lived.life.store_kills
    outcome.none_of("answers that nobody should get", {f"{what} ({n})" for what, n in visitor.odd.items()})
    outcome.note("size", f"{len(path_of):,} messages, {visitor.looks:,} looks, the store killed {kills} times")


def _let_all_end(lived: _Lived, by: Path) -> Counter[str]:
    """Let all end by the store's clock, and the house be kept; give the bytes that each kind of key takes then."""
    _calm_down(lived.service)
    show_progress(f"{DAYS} days later")
    lived.store.kill()
    assert lived.store.start(environment=ahead(DAYS, by))
    time.sleep(HOUSE_SECONDS)
    return kept_in(lived.service.store)
