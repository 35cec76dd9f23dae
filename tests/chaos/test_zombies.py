"""T5: a worker is stopped in the middle of its calls, sleeps past its lease, and wakes when others did its work.

Every answer that waits for it is old news by then: it may add what is good to know, and plan nothing.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from shortlink.domain.callback import CallbackKind
from shortlink.domain.message import MessageStatus
from shortlink.domain.snapshot import Snapshot
from tests.chaos.rig.checker import click_callback
from tests.chaos.rig.journal import journals
from tests.chaos.rig.outcome import Outcome
from tests.chaos.rig.processes import is_stopped, send_signal
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import Service, running, show_progress, wait_for
from tests.chaos.rig.sink import Reply, Sink
from tests.chaos.rig.tapper import tap
from tests.chaos.rig.wire import Meddling, Wire

TAKEN_OVER_SECONDS = 90.0  # another worker has to start meanwhile, on a machine that may be busy
FAR_MS = 30_000  # what is planned further ahead than this was planned by whoever took over
SETTINGS = {
    "SHORTLINK_LEASE_SECONDS": "2",
    "SHORTLINK_OFFER_SECONDS": "1",
    "SHORTLINK_RECONCILE_SCHEDULE": "0.3,0.3",
    "SHORTLINK_SEND_BACKOFF": "3600",
    "SHORTLINK_CALLBACK_SCHEDULE": ",".join(["0"] + ["3600"] * 9),  # no second try but for a lease that has ended
    "SHORTLINK_CALLBACK_TIMEOUT": "30",
    "SHORTLINK_RECEIPT_SCHEDULE": "3600",
}


def _refusal(status: int, code: int) -> Meddling:
    return Meddling(answer=(status, json.dumps({"code": code, "message": "no", "status": status}).encode()))


_BUSY = _refusal(429, 20429)
# What the carrier answers the sleeper, and what it answers whoever takes over.
CARRIER = {
    "taken": (Meddling(), Meddling()),
    "busy, then taken": (_BUSY, Meddling()),
    "broken, then taken": (_refusal(500, 20500), Meddling()),
    "refused, then taken": (_refusal(400, 21211), Meddling()),
    "cut off, then taken": (Meddling(answer=(200, b""), cut=True), Meddling()),
    "broken, then busy": (_refusal(500, 20500), _BUSY),
    "refused, then busy": (_refusal(400, 21211), _BUSY),
}
# The same of a customer; 0 hangs up.
CUSTOMER = {"well, well": (200, 200), "bad, well": (500, 200), "cut, well": (0, 200), "bad, bad": (500, 404)}
CARRIER_CASES, CUSTOMER_CASES = list(CARRIER.values()), list(CUSTOMER.values())
ROUND = 100
FROZEN, FROZEN_PLACE = "tests.chaos.rig.frozen_worker", 50
HOLE = "sending"  # behind the last look at the clock: the one point where a second SMS cannot be helped


class Bedroom:
    """A service whose carrier and customer hold their first answers back until the sleeper sleeps."""

    def __init__(self, service: Service, wire: Wire, sink: Sink, sender: Sender, asleep: threading.Event) -> None:
        self.service, self.wire, self.sink, self.sender, self._asleep = service, wire, sink, sender, asleep
        self.path_of: dict[str, str] = {}

    def send(self, numbers: Sequence[int]) -> list[str]:
        """Send messages and give their codes."""
        sent = {one: self.sender.send_once(fields_for(one, click_url=self._click_url(one))).code for one in numbers}
        self.path_of |= {code: str(number) for number, code in sent.items()}
        return list(sent.values())

    def _click_url(self, number: int) -> str:
        return self.sink.url(str(number), number // ROUND * len(CUSTOMER) + number % ROUND % len(CUSTOMER))

    def sleep_through(self, role: str, codes: Sequence[str], taken_over: Callable[[Snapshot], bool]) -> set[str]:
        """Stop the worker with its calls under way, let another take over, wake it; name whatever it changed."""
        service, sleeper = self.service, self.service.pid(role)
        send_signal(sleeper, signal.SIGSTOP)
        # On a busy machine a thread may go on for a while after the signal was sent.
        assert wait_for(lambda: is_stopped(sleeper), seconds=TAKEN_OVER_SECONDS) is not None, "it does not sleep"
        self._asleep.set()  # from here on the answers wait in the sleeper's sockets
        other = service.run_beside(role, sys.executable, "-m", "worker", role)
        try:
            done = wait_for(lambda: all(map(taken_over, service.snapshots(codes))), seconds=TAKEN_OVER_SECONDS)
            assert done is not None, f"nobody took over; the other worker's exit code is {other.poll()}"
            before = _state(service, codes)
            send_signal(sleeper, signal.SIGCONT)
            time.sleep(1)  # what it does now leaves no trace when it is right, so there is nothing to wait for
            after = _state(service, codes)
        finally:
            send_signal(sleeper, signal.SIGCONT)
            _end(other)
            self._asleep.clear()
        return {f"{role} {one}" for one in before.keys() | after.keys() if before.get(one) != after.get(one)}


def _state(service: Service, codes: Sequence[str]) -> dict[str, str]:
    """Write down what is planned, and how every message and callback stands; tries made are left out."""
    state = {entry: f"{at}" for entry, at in service.due_times().items()}
    for one in service.snapshots(codes):
        callback = click_callback(one)
        message = one.message
        state[one.code] = f"{message and (message.status, message.error)} {callback and callback.state}"
    return state


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def _message_settled(one: Snapshot) -> bool:
    """Say whether it is delivered, or was put off by the one who took over."""
    if one.message is None or one.message.status is not MessageStatus.ACCEPTED:
        return one.message is not None and one.message.status.is_final
    return one.due_at is not None and one.due_at - one.now > FAR_MS


def _tries(one: Snapshot) -> int:
    callback = click_callback(one)
    return callback.tries if callback else 0


def _callback_settled(one: Snapshot) -> bool:
    callback = click_callback(one)
    if callback is None or callback.tries < 2:
        return False
    due_at = one.callbacks_due.get(CallbackKind.CLICK)
    return due_at is None or due_at - one.now > FAR_MS


def _freeze(room: Bedroom, point: str, number: int) -> str:
    """Let a worker stop itself at a point of its call, another do the work, and the frozen one go on; the code."""
    service, regular = room.service, room.service.pid("messages")
    send_signal(regular, signal.SIGSTOP)
    frozen = service.run_beside("messages", sys.executable, "-m", FROZEN, "messages", point)
    try:
        (code,) = room.send([number])
        assert wait_for(lambda: is_stopped(frozen.pid), seconds=TAKEN_OVER_SECONDS) is not None, point
        send_signal(regular, signal.SIGCONT)
        done = wait_for(lambda: _message_settled(*service.snapshots([code])), seconds=TAKEN_OVER_SECONDS)
        assert done is not None, f"nobody took over from the worker frozen when {point}"
        frozen.send_signal(signal.SIGCONT)
        time.sleep(1)  # as above: what is right leaves no trace
    finally:
        send_signal(regular, signal.SIGCONT)
        frozen.send_signal(signal.SIGCONT)
        _end(frozen)
    return code


def run(*, seed: int, rounds: int, points: Sequence[str]) -> Outcome:
    """Put each worker to sleep with every kind of answer under way, again and again; then freeze some in a call."""
    outcome = Outcome(test="T5 zombies", seed=seed)
    changed: set[str] = set()
    asleep = threading.Event()

    def meddle(recipient: str, number: int) -> Meddling:
        place = int(recipient[-8:]) % ROUND
        if place >= len(CARRIER_CASES) or number > 2:
            return Meddling()
        first, second = CARRIER_CASES[place]
        return Meddling(answer=first.answer, cut=first.cut, hold=asleep) if number == 1 else second

    def answer(path: str, number: int) -> Reply:
        first, second = CUSTOMER_CASES[int(path) % ROUND % len(CUSTOMER)]
        return Reply(status=first, hold=asleep) if number == 1 else Reply(status=second)

    with journals("sent", "sink") as (sent, seen), Wire(meddle) as wire:
        settings = SETTINGS | {"SHORTLINK_TWILIO_URL": wire.url}
        with Sink(seen, answer, ports=max(1, rounds) * len(CUSTOMER)) as sink, running(settings=settings) as service:
            wire.target = service.installation.ready["simulator_url"]
            sender = Sender(service.api_url, service.installation.auth, sent)
            room = Bedroom(service, wire, sink, sender, asleep)
            for number in range(rounds):
                changed |= _one_round(room, number * ROUND)
                show_progress(f"round {number + 1} of {rounds}")
            codes = {point: _freeze(room, point, FROZEN_PLACE + at) for at, point in enumerate(points)}
            texts = service.texts_at_carrier()
            times = {point: sum(code in text for text in texts) for point, code in codes.items()}
            outcome.none_of("stale results that changed or planned anything", changed)
            twice = {text for text in texts if texts.count(text) > 1}
            hole = {text for text in twice if codes.get(HOLE, " ") in text}
            outcome.none_of("SMS sent twice", twice - hole)
            outcome.note("SMS by where the worker was frozen", ", ".join(f"{at} {n}" for at, n in times.items()))
            posts = {path: sink.count(path) for path in map(str, range(rounds * ROUND))}
            claimed = {room.path_of[one.code]: _tries(one) for one in service.snapshots(list(room.path_of))}
            more = {path for path, count in posts.items() if count > claimed.get(path, 0)}
            outcome.none_of("callbacks POSTed more often than claimed", more)
            alarms = {one for one in service.breaches() if codes.get(HOLE, " ") not in one}  # it does raise the alarm
            outcome.none_of("breaches of an invariant", alarms)
            stale = sum(count - 1 for count in wire.requests.values()) + sum(max(0, n - 1) for n in posts.values())
            outcome.note("sleeps", rounds * 2)
            outcome.note("calls answered to a sleeper", rounds * (len(CARRIER) + len(CUSTOMER)))
            outcome.note("of them made again by another worker", stale)
    return outcome


def _one_round(room: Bedroom, first: int) -> set[str]:
    """Let the worker of messages sleep once, and that of callbacks once."""
    numbers = range(first, first + len(CARRIER))
    codes = room.send(numbers)
    called = [fields_for(one)["recipient"] for one in numbers]
    assert wait_for(lambda: all(one in room.wire.requests for one in called), seconds=20) is not None, "no calls"
    changed = room.sleep_through("messages", codes, _message_settled)

    numbers = range(first + 20, first + 20 + len(CUSTOMER))
    codes = room.send(numbers)
    for code in codes:
        assert tap(room.service.short_url(code)).how == "ok"
    assert wait_for(lambda: all(room.sink.count(str(one)) for one in numbers), seconds=20) is not None, "no POSTs"
    return changed | room.sleep_through("callbacks", codes, _callback_settled)


@pytest.mark.timeout(120)
def test_a_worker_that_slept_past_its_lease_plans_nothing_when_it_wakes() -> None:
    outcome = run(seed=5, rounds=1, points=[])
    print(outcome.table())
    assert outcome.broken == []
