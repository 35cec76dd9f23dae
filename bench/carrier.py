"""A carrier that costs next to nothing: takes messages as Twilio does and answers after a fixed time.

`python -m bench.carrier PORT MILLISECONDS`. The simulator does all that Twilio does, and takes a few hundred messages a
second for it; this one only creates messages, so that a figure is about the workers. It checks no credentials, sends
no receipts, and tells at `/taken` when each message came, in seconds of the machine's monotonic clock.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections import Counter
from urllib.parse import parse_qs

from bench.connection import body_of, whole_message
from bench.port import HOST
from bench.traffic import SERIES, number_of

_ANSWER = "HTTP/1.1 {} \r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}"


class StandIn(asyncio.Protocol):
    """One connection to it."""

    def __init__(self, taken: list[tuple[float, int]], counts: Counter[int], seconds: float) -> None:
        self._taken = taken
        self._counts = counts
        self._seconds = seconds
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not whole_message(self._received):
            return
        request, self._received = self._received, b""
        if request.startswith(b"GET /taken"):
            self._answer(200, json.dumps(self._taken))
        elif request.startswith(b"GET "):
            self._answer(200, json.dumps(self._counts))
        else:
            number = number_of(parse_qs(body_of(request).decode())["Body"][0])
            self._taken.append((time.monotonic(), number))
            self._counts[number // SERIES] += 1
            asyncio.get_running_loop().call_later(self._seconds, self._answer, 201, _message())

    def _answer(self, status: int, content: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(_ANSWER.format(status, len(content), content).encode())


def _message() -> str:
    """Write a message as Twilio shows one that it has just taken."""
    sid = "SM" + secrets.token_hex(16)
    return json.dumps({"sid": sid, "status": "queued", "error_code": None, "error_message": None})


async def _serve(port: int, seconds: float) -> None:
    taken: list[tuple[float, int]] = []
    counts: Counter[int] = Counter()
    server = await asyncio.get_running_loop().create_server(
        lambda: StandIn(taken, counts, seconds), HOST, port, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
