"""A campaign of one account, and how long another account's one-time codes take meanwhile."""

from __future__ import annotations

import http.client
import threading
import time
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


class Outsider:
    """A customer who sends one message again and again, and notes when each was accepted."""

    def __init__(self, rig: Rig, every_seconds: float) -> None:
        self._port = rig.port
        self._headers = {
            "Authorization": authorization(rig.add_account("outsider")),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._every_seconds = every_seconds
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
            (form,) = forms([FIRST_CODE + len(self.accepted)])
            line.request("POST", "/sms/messages/", urlencode(form), self._headers)
            answer = line.getresponse()
            answer.read()
            if answer.status != 201:
                return
            self.accepted.append(time.monotonic())
        line.close()


def measure(run: Run) -> Finding:
    """Let one account fill the ledger and another one send between."""
    count = run.scale.campaign
    with run.rig() as rig:
        rig.start_stand_in(CARRIER_MS)
        rig.start_workers(*WORKING)
        outsider = Outsider(rig, run.scale.outsider_seconds)
        numbers = range(FIRST, FIRST + count)
        run.say(f"campaign: {count:,} messages")
        requests = batches(rig.account, numbers, BATCH)
        began = time.monotonic()
        outsider.start()
        run.load.run(ClosedLoad(port=rig.port, requests=requests, expected=200, connections=1))
        accepted = time.monotonic()
        wait_until_taken(rig.carrier_port, numbers, within_seconds=60 + count / 50)
        codes = outsider.stop()
        if not codes:
            raise BadAnswer("no code of the outsider's was accepted")
        wait_until_taken(rig.carrier_port, range(FIRST_CODE, FIRST_CODE + codes), within_seconds=60)
        came = arrivals(rig.carrier_port, numbers)
        code_came = arrivals(rig.carrier_port, range(FIRST_CODE, FIRST_CODE + codes))
    last = max(moments[-1] for moments in came if moments)
    waits = [(moments[0] - at) * 1000 for moments, at in zip(code_came, outsider.accepted, strict=True)]
    once = sum(len(moments) == 1 for moments in (*came, *code_came))
    return Finding(
        measures=[
            Measure(name=f"campaign of {count:,}, until all are submitted", value=last - began, unit="s"),
            Measure(name="  another account's code meanwhile, p50", value=max(median(waits), 0.1), unit="ms"),
            Measure(name="  the slowest of them", value=max(*waits, 0.1), unit="ms", aim=AIM),
        ],
        checks=[
            Check(
                name="each SMS of both submitted once",
                holds=once == count + codes,
                seen=f"{once} of {count + codes}",
            )
        ],
        details={
            "messages": count,
            "codes": codes,
            "accepting_seconds": round(accepted - began, 2),
            "submitted_per_second": round(count / (last - began), 1),
        },
    )
