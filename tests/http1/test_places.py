"""Who keeps a place where nearly all of them are taken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import pytest

from shortlink.http1.claim import Claim
from shortlink.http1.server import Limits, Server
from shortlink.http1.timed_connection import TimedConnection
from tests.http1.quick_door import ANSWER, PATIENCE, QuickDoor, begun_post, get, run

PLACES = 10  # of which nine may be held by who asks nothing
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Places:
    """A server with few places, and clients of it."""

    def __init__(self, server: Server, door: QuickDoor, address: tuple[str, int]) -> None:
        self.server = server
        self.door = door
        self.address = address
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self, said: bytes = b"") -> Stream:
        reader, writer = await asyncio.open_connection(*self.address)
        self._writers.append(writer)
        writer.write(said)
        if said.endswith(b"\r\n\r\n"):
            await reader.readuntil(b"ok")
        return reader, writer

    async def connect_apart(self, said: bytes, count: int) -> list[Stream]:
        """Connect one after another, each with a later look at the clock than the one before."""
        streams = []
        for _ in range(count):
            streams.append(await self.connect(said))
            await self.look()
        return streams

    def leave(self) -> None:
        for writer in self._writers:
            writer.close()

    async def look(self) -> None:
        now = self.server.now
        while self.server.now == now:  # noqa: ASYNC110, it tells nobody
            await asyncio.sleep(0.005)


@asynccontextmanager
async def few_places(*, grace: float = 0.0, sweep: float = 0.01, waits: bool = False) -> AsyncIterator[Places]:
    listening = socket.create_server(("127.0.0.1", 0))
    limits = Limits(connections=PLACES, sweep_seconds=sweep, head_grace_seconds=grace)
    door = QuickDoor(waits=waits)
    server = Server(door, limits)
    await server.start(listening)
    places = Places(server, door, listening.getsockname())
    try:
        async with asyncio.timeout(PATIENCE):
            yield places
    finally:
        places.leave()
        await server.stop(within_seconds=0.1)
        listening.close()


def test_who_asked_nothing_for_longest_makes_room_for_others() -> None:
    async def main() -> None:
        async with few_places() as places:
            first, second, *_ = await places.connect_apart(get("/a"), PLACES)
            assert await first[0].read() == b""
            second[1].write(get("/b"))
            assert await second[0].readuntil(b"ok")
            await places.connect(get("/c"))

    run(main)


def test_who_never_asked_goes_by_when_it_came() -> None:
    async def main() -> None:
        async with few_places() as places:
            asked, *_ = await places.connect_apart(get("/a"), 1)
            silent, *others = await places.connect_apart(b"", PLACES - 1)
            assert await asked[0].read() == b"", "it was silent for longer than those who came later"
            await places.connect(get("/b"))
            assert await silent[0].read() == b""
            assert not others[-1][0].at_eof()

    run(main)


def test_who_is_in_the_middle_of_asking_keeps_its_place() -> None:
    async def main() -> None:
        async with few_places(grace=PATIENCE) as places:
            begun = await places.connect_apart(b"GET /a HTTP/1.1\r\n", PLACES - 1)
            idle = await places.connect(get("/b"))
            assert await idle[0].read() == b""
            await places.look()
            for reader, writer in begun:
                writer.write(b"Host: x\r\n\r\n")
                assert await reader.readuntil(b"ok")

    run(main)


def test_where_there_is_room_nobody_is_sent_away() -> None:
    async def main() -> None:
        async with few_places() as places:
            streams = await places.connect_apart(get("/a"), PLACES - 1)
            await places.look()
            for reader, writer in streams:
                writer.write(get("/b"))
                assert await reader.readuntil(b"ok")

    run(main)


HALF = b"GET /a HTTP/1.1\r\n"


def test_who_has_not_asked_in_time_goes_before_those_who_asked_before() -> None:
    async def main() -> None:
        async with few_places() as places:
            kept = await places.connect(get("/a"))
            half, *_ = await places.connect_apart(HALF, PLACES - 1)
            assert (await half[0].read()).startswith(b"HTTP/1.1 503 ")
            kept[1].write(get("/b"))
            assert await kept[0].readuntil(b"ok")

    run(main)


@pytest.mark.parametrize(
    "said",
    [HALF, b"", begun_post(10), b"\x16\x03"],
    ids=["half a head", "nothing", "half a body", "what is no request"],
)
def test_many_who_do_not_ask_in_full_keep_nobody_out_even_between_two_looks_at_the_clock(said: bytes) -> None:
    async def main() -> None:
        async with few_places(grace=PATIENCE, sweep=PATIENCE) as places:
            for _ in range(3 * PLACES):
                await places.connect(said)
            for _ in range(PLACES):
                await places.connect(get("/a"))

    run(main)


class Seat:
    """A connection that is nothing but its claim, and counts how often that was looked at."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self.looks = 0

    @property
    def claim(self) -> tuple[Claim, float]:
        self.looks += 1
        return self._claim, 0.0

    def give_way(self) -> None:
        pass


def seat(server: Server, claim: Claim, count: int) -> tuple[list[Seat], list[bool]]:
    """Have so many connections come; return them, and which of them were let in."""
    seats = [Seat(claim) for _ in range(count)]
    return seats, [server.admit(cast("TimedConnection", one)) for one in seats]


def test_many_who_come_while_nearly_everybody_is_being_answered_cost_few_looks_at_all_of_them() -> None:
    server = Server(QuickDoor(), Limits(connections=1000))
    answered, _ = seat(server, Claim.BUSY, 995)
    seat(server, Claim.ASKS, 1000)
    assert sum(one.looks for one in answered) < 3 * 995


def test_where_few_are_idle_and_many_ask_whoever_comes_is_let_in() -> None:
    server = Server(QuickDoor(), Limits(connections=1000))
    seat(server, Claim.IDLES, 3)
    _, let_in = seat(server, Claim.ASKS, 3000)
    assert all(let_in)


def test_who_is_being_answered_keeps_its_place_and_who_comes_is_told_that_there_is_none() -> None:
    async def main() -> None:
        async with few_places(grace=PATIENCE, sweep=PATIENCE, waits=True) as places:
            asked = [await places.connect() for _ in range(PLACES)]
            for _, writer in asked:
                writer.write(get("/a"))
            while len(places.door.kept) < PLACES:  # noqa: ASYNC110, it tells nobody
                await asyncio.sleep(0.005)
            for _ in range(3):
                reader, _ = await places.connect()
                assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
            for exchange in places.door.kept:
                exchange.reply(ANSWER, b"ok")
            for reader, _ in asked:
                assert await reader.readuntil(b"ok")

    run(main)
