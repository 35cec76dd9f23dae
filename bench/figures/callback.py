"""From a tap to the arrival of its callback, with everything running, at a modest fixed rate of taps.

Counted from the moment the tap should have been sent to the moment the callback's first byte is with the customer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median, quantiles

from bench.load import ClosedLoad, LoadResult, OpenLoad
from bench.rig import Rig
from bench.run import Aim, Check, Finding, Measure, Run
from bench.sink import Sink
from bench.traffic import EMPTY, message_ids, sends, taps

AIM = Aim(bound=30.0, at_least=False)
AIM_P99 = Aim(bound=300.0, at_least=False)
PATIENCE_SECONDS = 15.0  # for the last callbacks
WORKING = ("link", "dispatcher", "callbacks")  # the processes between a tap and its callback


def measure(run: Run) -> Finding:
    """Tap each link once and match arrivals to taps."""
    rate = run.scale.tap_rate
    warm_up = int(rate * run.scale.warm_up_seconds)
    count = warm_up + int(rate * run.scale.tap_seconds)
    with run.rig() as rig, Sink() as sink:
        rig.start_empty_view()
        rig.start_rest()
        messages = _send(run, rig, sink, count)
        empty = run.load.run(OpenLoad(port=rig.empty_port, requests=[EMPTY] * count, expected=200, rate=rate))
        run.say(f"callback: {count} taps, {rate:g} a second")
        used = {name: rig.cpu_seconds(name) for name in WORKING}
        tapped = run.load.run(
            OpenLoad(port=rig.link_port, requests=taps(messages), expected=302, turned_away=503, rate=rate)
        )
        led_on = [number for number in range(count) if number not in tapped.turned_away]
        _wait_for_callbacks(sink, led_on)
        cpu_ms = {name: round((rig.cpu_seconds(name) - used[name]) * 1000 / count, 2) for name in WORKING}
    arrived = [sink.arrivals.get(number, []) for number in range(count)]
    once = sum(len(arrived[number]) == 1 for number in led_on)
    several = sum(len(times) > 1 for times in arrived)
    waited = _waits(tapped, arrived, [number for number in led_on if number >= warm_up]) or [float("inf")]
    answered, empty_ms = sorted(tapped.answer_ms), sorted(empty.answer_ms)
    return Finding(
        measures=[
            Measure(name="click to callback, p50", value=median(waited), unit="ms", aim=AIM),
            Measure(name="click to callback, p99", value=_p99(waited), unit="ms", aim=AIM_P99),
            Measure(name="  tap to redirect, p50", value=median(answered), unit="ms", baseline=median(empty_ms)),
        ],
        checks=[
            Check(
                name="one callback a first click",
                holds=once == len(led_on) and not several,
                seen=f"{once} of {len(led_on)} links had exactly one, {count - len(led_on)} taps turned away with 503",
            )
        ],
        details={
            "taps_a_second": rate,
            "taps": len(waited),
            "processor_ms_per_callback": cpu_ms,
            "waited_ms": {"least": min(waited), "p90": _quantile(waited, 90), "most": max(waited)},
            "redirect_p99_ms": _p99(answered),
            "empty_view_p99_ms": _p99(empty_ms),
        },
    )


def _send(run: Run, rig: Rig, sink: Sink, count: int) -> list[str]:
    """Send the messages and wait until nothing else is left to do."""
    requests = sends(rig.account, range(count), sink.url)
    sent = run.load.run(ClosedLoad(port=rig.port, requests=requests, expected=201, keep_bodies=True))
    rig.wait_until_delivered(run.say, within_seconds=60)
    return message_ids(sent.bodies)


def _wait_for_callbacks(sink: Sink, numbers: Sequence[int]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not all(number in sink.arrivals for number in numbers) and time.monotonic() < deadline:
        time.sleep(0.05)


def _waits(tapped: LoadResult, arrived: list[list[float]], numbers: Sequence[int]) -> list[float]:
    """Say how many milliseconds each callback took; one that never came counts as long as was waited for it."""
    return [
        (arrived[number][0] - tapped.starts[number]) * 1000 if arrived[number] else PATIENCE_SECONDS * 1000
        for number in numbers
    ]


def _p99(values: list[float]) -> float:
    return _quantile(values, 99)


def _quantile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1] if len(values) > 1 else values[0]
