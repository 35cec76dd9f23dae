"""Taps at a fixed rate, answered or not: `python -m bench.open_taps PORT RATE SECONDS FILE`.

A process of its own that does nothing else, with as little as possible between a tap's moment and its sending: it
sleeps only where there is time for it. A tap's time counts from the moment at which it should have been sent, so that
a stall is felt by everybody who came during it (no coordinated omission). Prints JSON.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time
from collections import deque
from pathlib import Path
from statistics import quantiles

from bench.connection import BadAnswer, status_of
from bench.port import HOST
from bench.traffic import tap_on

CONNECTIONS = 64
PATIENCE_SECONDS = 5.0
_SLEEP_SECONDS, _WAKE_SECONDS = 0.0004, 0.0002  # sleeps when there are so many, and wakes so many too early


class OpenTaps:
    """Taps on kept-alive connections; what finds none free waits, and its time runs."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self._requests = requests
        self._idle = [socket.create_connection((HOST, port)) for _ in range(CONNECTIONS)]
        self._by_number = {one.fileno(): one for one in self._idle}
        self._due_at: dict[int, float] = {}  # of each connection's tap, when it should have been sent
        self._late: deque[float] = deque()
        self._sent = 0
        self._poll = select.poll()
        for number, one in self._by_number.items():
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll.register(number, select.POLLIN)
        self.answer_ms: list[float] = []
        self.refused = 0

    def run(self, rate: float, seconds: float) -> None:
        """Tap at a rate for a while, and wait for the last answers. Raises TimeoutError when they do not come."""
        count, began = int(rate * seconds), time.perf_counter() + 0.05
        come = 0
        while come < count or self._due_at or self._late:
            now = time.perf_counter()
            while come < count and began + come / rate <= now:
                self._late.append(began + come / rate)
                come += 1
            while self._late and self._idle:
                self._send(self._idle.pop(), self._late.popleft())
            until_next = began + come / rate - time.perf_counter() if come < count else _SLEEP_SECONDS * 2
            self._take_answers(until_next - _WAKE_SECONDS if until_next > _SLEEP_SECONDS else 0.0)
            if now > began + seconds + PATIENCE_SECONDS:
                raise TimeoutError(f"{len(self._due_at) + len(self._late)} taps were not answered")

    def _send(self, connection: socket.socket, due_at: float) -> None:
        connection.send(self._requests[self._sent % len(self._requests)])
        self._sent += 1
        self._due_at[connection.fileno()] = due_at

    def _take_answers(self, seconds: float) -> None:
        if seconds > 0:
            select.select(self._due_at, (), (), seconds)  # poll knows whole milliseconds only
        for number, _ in self._poll.poll(0):
            connection = self._by_number[number]
            answer = connection.recv(65536)
            status = status_of(answer)
            if status == 302:
                self.answer_ms.append((time.perf_counter() - self._due_at.pop(number)) * 1000)
            elif status == 503:
                self._due_at.pop(number)
                self.refused += 1
            else:
                raise BadAnswer(answer[:200].decode(errors="replace"))
            self._idle.append(connection)


def main() -> None:
    """Tap, and print what was found."""
    port, rate, seconds, file = sys.argv[1:]
    taps = OpenTaps(int(port), [tap_on(code) for code in Path(file).read_text().split()])
    gc.disable()
    taps.run(float(rate), float(seconds) / 5)  # wakes everything up
    taps.answer_ms.clear()
    used = time.process_time()
    taps.run(float(rate), float(seconds))
    parts = quantiles(taps.answer_ms, n=1000, method="inclusive")
    found = {"p50_ms": parts[499], "p90_ms": parts[899], "p99_ms": parts[989], "p999_ms": parts[998]}
    found |= {"most_ms": max(taps.answer_ms), "answers": len(taps.answer_ms), "refused": taps.refused}
    print(json.dumps(found | {"generator_busy": (time.process_time() - used) / float(seconds)}))


if __name__ == "__main__":
    main()
