"""How a process of the door parts from clients that keep their connection."""

from __future__ import annotations

import asyncio
import socket

from shortlink.bootstrap.links import build_redirect
from shortlink.config import Settings
from shortlink.http1.server import Limits, Server
from shortlink.redirect.serving import make_door
from shortlink.use_cases.measure_requests import Tally
from tests.redirect.conftest import PATIENCE

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


def test_who_sends_half_a_body_is_told_at_the_end_that_it_was_not_heard(link_settings: Settings) -> None:
    half = b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"
    heard, was_finished = asyncio.run(_stop(link_settings, Limits(), then_sent=half, within_seconds=1))
    assert heard.startswith(b"HTTP/1.1 503 ")
    assert was_finished


def test_who_sends_the_rest_of_a_body_in_time_is_answered(link_settings: Settings) -> None:
    whole = b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf"
    limits = Limits(parting_seconds=0.4)
    heard, was_finished = asyncio.run(_stop(link_settings, limits, then_sent=whole, at_last=b" rest"))
    assert heard.startswith(b"HTTP/1.1 405 ")
    assert was_finished


async def _stop(
    settings: Settings, limits: Limits, *, then_sent: bytes, at_last: bytes = b"", within_seconds: float = 60
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
    if at_last:
        await asyncio.sleep(0.6)  # the others were let go meanwhile
        writer.write(at_last)
    async with asyncio.timeout(PATIENCE):
        heard = await reader.read()
    writer.close()
    services.line.close()
    return heard, await stopping
