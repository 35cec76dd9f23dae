"""T2: messages go through a carrier that misbehaves in every way it can, with a kill a second."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter

import pytest

from shortlink.domain.due import Due
from tests.chaos.rig.checker import check_accepts, check_sms, codes_of, tell_unknown
from tests.chaos.rig.journal import journals
from tests.chaos.rig.outcome import Outcome
from tests.chaos.rig.processes import Killer
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import HURRIED, Service, running, show_progress, wait_for

STUCK_SECONDS = 900.0
RECEIPTS = ["on_time", "late", "doubled", "reordered", "lost"]
MODES: dict[str, dict[str, object]] = {
    "accept_then_drop": {"accept_then_drop": 0.5},
    "accept_then_500": {"accept_then_500": 0.5},
    "busy_429": {"busy_429": 0.5},
    "refuse": {"refuse": 0.5},
    "stall": {"stall": 0.3},
    "lookups fail": {"accept_then_drop": 0.3, "lookup_500": 0.5},
    "everything": {"accept_then_drop": 0.15, "accept_then_500": 0.15, "busy_429": 0.15, "refuse": 0.1, "stall": 0.05},
}


def run(
    *, seed: int, messages: int, rate: float, kill_every: float, stall: float, lag: float, settings: dict[str, str]
) -> Outcome:
    """Send under fire while the carrier changes its mood, calm everything down, count the SMS."""
    outcome, dice = Outcome(test="T2 sends under a misbehaving carrier", seed=seed), random.Random(seed)
    struck: Counter[str] = Counter()
    with journals("sent") as (journal,), running(settings=settings) as service:
        stop = threading.Event()
        common = {
            "stall_seconds": stall,
            "list_lag_seconds": lag,
            "receipts": RECEIPTS,
            "late_seconds": 5.0,
            "lookup_500": 0.2,
        }
        seconds = messages / rate / len(MODES)
        moods = threading.Thread(target=_change_moods, args=(service, seconds, common, seed, stop, struck), daemon=True)
        sender = Sender(service.api_url, service.installation.auth, journal)
        show_progress(f"{messages:,} messages at {rate:g} a second, a kill every {kill_every:g} s")
        began = time.monotonic()
        with Killer(service.up, dice, every=kill_every) as killer:
            moods.start()
            sender.send_all(range(messages), fields_for, rate=rate)
            while moods.is_alive() and time.monotonic() - began < seconds * len(MODES) + 10:
                time.sleep(0.2)
        stop.set()
        moods.join(10)
        service.set_faults(receipts=RECEIPTS, list_lag_seconds=lag, late_seconds=5.0)
        show_progress(f"{killer.total} kills; waiting until all is calm")
        calm = wait_for(lambda: service.owed(Due.MESSAGES) == 0, seconds=STUCK_SECONDS)
        outcome.at_most("seconds from the last kill until nothing was owed", calm or 1e9, STUCK_SECONDS)
        check_accepts(outcome, journal)
        check_sms(outcome, codes_of(journal), service)
        outcome.none_of("breaches of an invariant", service.breaches())
        tell_unknown(outcome, service)
        outcome.note("faults that struck", ", ".join(f"{name} {count}" for name, count in struck.items()))
        outcome.note("kills of ours", killer.total)
        outcome.note("size", f"{messages:,} messages")
    return outcome


def _change_moods(
    service: Service,
    seconds: float,
    common: dict[str, object],
    seed: int,
    stop: threading.Event,
    struck: Counter[str],
) -> None:
    for mode in MODES.values():
        service.set_faults(**{**common, **mode}, seed=seed)
        if stop.wait(seconds):
            return
        struck.update(service.struck())


def run_held(*, seed: int, messages: int) -> Outcome:
    """Let an account that would rather lose than double send through a carrier that never tells what it took."""
    outcome = Outcome(test="T2 held rather than doubled", seed=seed)
    settings = {"SHORTLINK_RECEIPT_SCHEDULE": "1", "SHORTLINK_RECONCILE_SCHEDULE": "0.3,0.6,0.9"}
    with journals("sent") as (journal,), running(settings=settings) as service:
        service.run_command("accounts", "set", service.installation.ready["sid"], "--unconfirmed", "hold")
        service.set_faults(accept_then_drop=0.5, receipts=["lost"], list_lag_seconds=600, seed=seed)
        sender = Sender(service.api_url, service.installation.auth, journal)
        codes = list(sender.send_all(range(messages), fields_for, rate=20).values())
        calm = wait_for(lambda: service.owed(Due.MESSAGES) == 0, seconds=60)
        outcome.at_most("seconds until nothing was owed", calm or 1e9, 60)
        texts = Counter(service.codes_at_carrier())
        outcome.none_of("SMS sent twice", {code for code in codes if texts[code] > 1})
        outcome.none_of("accepted messages lost", {code for code in codes if not texts[code]})
        stands = Counter(one.message.status.name for one in service.snapshots(codes) if one.message)
        outcome.none_of("messages left in doubt", {name for name in stands if name in {"UNKNOWN", "SUBMITTING"}})
        outcome.none_of("breaches of an invariant", service.breaches())
        outcome.note("how they stand", ", ".join(f"{name} {count}" for name, count in sorted(stands.items())))
    return outcome


@pytest.mark.timeout(120)
def test_an_account_on_hold_gets_no_sms_doubled_by_a_carrier_that_never_tells() -> None:
    outcome = run_held(seed=22, messages=40)
    print(outcome.table())
    assert outcome.broken == []
    assert "UNCONFIRMED" in outcome.figures["how they stand"]


@pytest.mark.timeout(240)
def test_no_message_is_lost_or_sent_twice_by_a_carrier_at_its_worst() -> None:
    outcome = run(seed=2, messages=140, rate=20, kill_every=0.6, stall=1.5, lag=2, settings=HURRIED)
    print(outcome.table())
    assert outcome.broken == []
