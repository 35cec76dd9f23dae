"""How a process of the door parts from clients that keep their connection."""

from __future__ import annotations

import asyncio
import socket

from shortlink.bootstrap import build_redirect
from shortlink.config import Settings
from shortlink.http1.server import Limits, Server
from shortlink.redirect.serving import make_door
from shortlink.use_cases.measure_requests import Tally

PING = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
ALIVE = b'{"status": "ok"}'


def test_what_an_idle_client_has_just_sent_is_answered_before_the_process_ends(link_settings: Settings) -> None:
    heard, was_finished = asyncio.run(_stop(link_settings, Limits(parting_seconds=30), then_sent=PING))
    assert heard.startswith(b"HTTP/1.1 200")
    assert b"Connection: close" in heard
    assert heard.endswith(ALIVE)
    assert was_finished


def test_who_stays_silent_is_let_go(link_settings: Settings) -> None:
    heard, was_finished = asyncio.run(_stop(link_settings, Limits(parting_seconds=0.01), then_sent=b""))
    assert (heard, was_finished) == (b"", True)


def test_who_stays_silent_holds_nobody_up_longer_than_half_of_the_time_there_is(link_settings: Settings) -> None:
    limits = Limits(parting_seconds=30)
    heard, was_finished = asyncio.run(_stop(link_settings, limits, then_sent=b"", within_seconds=0.4))
    assert (heard, was_finished) == (b"", True)


async def _stop(
    settings: Settings, limits: Limits, *, then_sent: bytes, within_seconds: float = 60
) -> tuple[bytes, bool]:
    """Stop a server to which a client is connected that sends something then; returns what the client heard of it."""
    services = build_redirect(settings)
    server = Server(make_door(services, Tally()), limits)
    listening = socket.create_server(("127.0.0.1", 0))
    await server.start(listening)
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    writer.write(PING)
    await reader.readuntil(ALIVE)
    stopping = asyncio.create_task(server.stop(within_seconds=within_seconds))
    while not server.is_draining:  # noqa: ASYNC110, it tells nobody else
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)  # on its way meanwhile
    writer.write(then_sent)
    heard = await reader.read()
    writer.close()
    services.line.close()
    return heard, await stopping
