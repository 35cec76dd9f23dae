"""A campaign of one account, and how long another account's one-time codes take meanwhile."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlencode

from bench.connection import BadAnswer
from bench.figures.send import BATCH, CARRIER_MS
from bench.load import ClosedLoad
from bench.port import HOST
from bench.rig import Rig
from bench.run import Aim, Check, Finding, Measure, Run
from bench.taken import arrivals, wait_until_taken
from bench.traffic import SERIES, authorization, batches, forms

AIM = Aim(bound=2000.0, at_least=False)
FIRST, FIRST_CODE = 6 * SERIES, 7 * SERIES
WORKING = ("dispatcher", "messages")
ONCE = "each SMS of both submitted once"


class Outsider:
    """A customer who sends one message again and again, and notes when each was accepted."""

    def __init__(self, rig: Rig, every_seconds: float, first_number: int) -> None:
        self._port = rig.port
        self._headers = {
            "Authorization": authorization(rig.add_account("outsider")),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._every_seconds = every_seconds
        self._first_number = first_number
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outsider", daemon=True)
        self.accepted: list[float] = []  # seconds of the machine's monotonic clock

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> int:
        """End; returns how many were accepted."""
        self._over.set()
        self._thread.join(10)
        return len(self.accepted)

    def _run(self) -> None:
        line = http.client.HTTPConnection(HOST, self._port, timeout=10)
        while not self._over.wait(self._every_seconds):
            (form,) = forms([self._first_number + len(self.accepted)])
            line.request("POST", "/sms/messages/", urlencode(form), self._headers)
            answer = line.getresponse()
            answer.read()
            if answer.status != 201:
                return
            self.accepted.append(time.monotonic())
        line.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What came of a campaign: its time and the waits for another account's codes, and whether each SMS came once."""

    messages: int
    accepting_seconds: float
    seconds: float  # from its first message's accept to its last one's arrival at the carrier
    waits_ms: list[float]
    once: Check

    @property
    def measures(self) -> list[Measure]:
        """The waits of the other account."""
        return [
            Measure(name="  another account's code meanwhile, p50", value=max(median(self.waits_ms), 0.1), unit="ms"),
            Measure(name="  the slowest of them", value=max(*self.waits_ms, 0.1), unit="ms", aim=AIM),
        ]

    @property
    def details(self) -> dict[str, float]:
        """Everything else that was seen."""
        return {
            "messages": self.messages,
            "codes": len(self.waits_ms),
            "accepting_seconds": round(self.accepting_seconds, 2),
            "submitted_per_second": round(self.messages / self.seconds, 1),
        }


def measure(run: Run) -> Finding:
    """Let one account fill the ledger and another one send between."""
    with run.rig() as rig:
        rig.start_stand_in(CARRIER_MS)
        rig.start_workers(*WORKING)
        campaign = hold_campaign(run, rig, range(FIRST, FIRST + run.scale.campaign), FIRST_CODE)
    name = f"campaign of {campaign.messages:,}, until all are submitted"
    return Finding(
        measures=[Measure(name=name, value=campaign.seconds, unit="s"), *campaign.measures],
        checks=[campaign.once],
        details=campaign.details,
    )


def hold_campaign(run: Run, rig: Rig, numbers: range, first_code: int) -> Campaign:
    """Have these messages accepted, and another account's codes until the last of them has come to the carrier.

    The codes are numbered from `first_code`; the carrier tells messages apart by their numbers.
    """
    count = len(numbers)
    run.say(f"campaign: {count:,} messages")
    outsider = Outsider(rig, run.scale.outsider_seconds, first_code)
    requests = batches(rig.account, numbers, min(BATCH, count))
    began = time.monotonic()
    outsider.start()
    run.load.run(ClosedLoad(port=rig.port, requests=requests, expected=200, connections=1))
    accepted = time.monotonic()
    wait_until_taken(rig.carrier_port, numbers, within_seconds=60 + count / 50)
    codes = outsider.stop()
    if not codes:
        raise BadAnswer("no code of the outsider's was accepted")
    code_numbers = range(first_code, first_code + codes)
    wait_until_taken(rig.carrier_port, code_numbers, within_seconds=60)
    came = arrivals(rig.carrier_port, numbers)
    code_came = arrivals(rig.carrier_port, code_numbers)
    last = max(moments[-1] for moments in came if moments)
    once = sum(len(moments) == 1 for moments in (*came, *code_came))
    return Campaign(
        messages=count,
        accepting_seconds=accepted - began,
        seconds=last - began,
        waits_ms=[(moments[0] - at) * 1000 for moments, at in zip(code_came, outsider.accepted, strict=True)],
        once=Check(name=ONCE, holds=once == count + codes, seen=f"{once} of {count + codes}"),
    )
