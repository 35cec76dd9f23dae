"""Bodies and answers over the wire: announced, in chunks, cut, in pieces, to clients that leave or do not read."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, TypeVar

import pytest

from shortlink.http1.exchange import ClientLeft, Exchange
from shortlink.http1.request import Intake, Request
from shortlink.http1.server import Limits, Server, loop_factory
from shortlink.http1.wire import head_of

T = TypeVar("T")
MOST = 1000
PATIENCE = 10.0
POST = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LAST = b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


class EchoDoor:
    """Tells what it was asked, one turn of the loop later, or begins an answer in pieces."""

    intake = Intake(
        body_bytes=lambda request: MOST if request.path != "/large" else 10**9, judges_bodies=True, takes_chunks=True
    )

    def __init__(self) -> None:
        self.left: list[str] = []
        self.may_end = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []

    def answer(self, request: Request, peer: str, exchange: Exchange) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(self._answer(request, exchange)))

    async def _answer(self, request: Request, exchange: Exchange) -> None:
        await asyncio.sleep(0)
        if request.path == "/echo":
            said = [request.method, len(request.body), request.body[:40].decode("latin-1"), request.is_cut]
            body = json.dumps(said).encode()
            exchange.reply(head_of(200, [("Content-Length", str(len(body)))]), body)
            return
        try:
            await self._in_pieces(request, exchange)
        except ClientLeft:
            self.left.append(request.path)

    async def _in_pieces(self, request: Request, exchange: Exchange) -> None:
        length = [("Content-Length", "6")] if request.path == "/sized" else []
        stream = exchange.stream(head_of(200, length), is_sized=bool(length))
        for piece in (b"abc", b"", b"def"):
            await stream.send(piece)
        if request.path == "/waits":
            await self.may_end.wait()
        while request.path == "/endless":
            await stream.send(b"x" * 100_000)
        if request.path == "/broken":
            stream.break_off()
        else:
            stream.end()


@asynccontextmanager
async def serving(door: EchoDoor, **limits: float) -> AsyncIterator[Callable[..., Coroutine[Any, Any, bytes]]]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(door, Limits(sweep_seconds=0.02, **limits))  # type: ignore[arg-type]
    await server.start(listening)
    try:
        yield partial(say, listening.getsockname()[1])
    finally:
        await server.stop(within_seconds=0.1)
        listening.close()


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run on the loop that the doors run on."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(main)


async def say(port: int, *pieces: bytes, and_no_more: bool = False) -> bytes:
    """Say this piece by piece, and listen until the other side closes."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.001)
        if and_no_more:
            writer.write_eof()
        try:
            return await reader.read()
        finally:
            writer.close()


def said(*pieces: bytes, and_no_more: bool = False, **limits: float) -> bytes:
    async def run() -> bytes:
        async with serving(EchoDoor(), **limits) as ask:
            return await ask(*pieces, and_no_more=and_no_more)

    return run_loop(run())


def answers(heard: bytes) -> list[Any]:
    """What each answer says, or its status where it says nothing."""
    found = []
    for one in heard.split(b"HTTP/1.1 ")[1:]:
        head, _, body = one.partition(b"\r\n\r\n")
        found.append(json.loads(body) if body.startswith(b"[") else int(head[:3]))
    return found


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((POST + b"Content-Length: 5\r\n\r\nhello",), id="at once"),
        pytest.param((POST + b"Content-Length: 5\r\n\r\nhe", b"l", b"lo"), id="piece by piece"),
        pytest.param((CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",), id="a chunk"),
        pytest.param((CHUNKED + b"2;a=b\r\nhe\r\n03 ;c\r\nllo\r\n0\r\nX: \xe9\r\nZ:\r\n\r\n",), id="two, and trailers"),
        pytest.param(tuple(bytes([byte]) for byte in CHUNKED + b"5\r\nhello\r\n0\r\n\r\n"), id="byte by byte"),
    ],
)
def test_a_body_is_read_whole_and_the_next_request_behind_it(pieces: tuple[bytes, ...]) -> None:
    heard = said(*pieces[:-1], pieces[-1] + LAST)
    assert answers(heard) == [["POST", 5, "hello", False], ["GET", 0, "", False]]


def test_options_of_the_whole_server_are_a_ping_that_no_door_is_asked_about() -> None:
    heard = said(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\nGET * HTTP/1.1\r\nHost: x\r\n\r\n" + LAST)
    first, *others = answers(heard)
    assert first == 200
    assert b"Content-Length: 0\r\n" in heard.split(b"\r\n\r\n")[0] + b"\r\n"
    assert others == [200, ["GET", 0, "", False]]
    assert heard.count(b"abc") == 1, "the door is asked about all others"


@pytest.mark.parametrize(
    "bad",
    [
        b"5;\x00\r\nhello",
        b"1" * 300,
        b"5;" + b"x" * 300 + b"\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"\r\n",
        b"g\r\n",
        b"-1\r\n",
        b"0x5\r\nhello\r\n",
        b"123456789\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloX\r\n0\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"5\t\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0 \r\n\r\n",
    ],
)
def test_chunks_that_could_be_read_in_two_ways_are_refused(bad: bytes) -> None:
    assert answers(said(CHUNKED + bad + LAST, and_no_more=True)) == [400]


@pytest.mark.parametrize(
    "bad",
    [
        b"No colon",
        b": no name",
        b"Space : before",
        b" folded: line",
        b"\tfolded: line",
        b"Nul: \x00",
        b"N\x00l: 1",
        b"Delete: \x7f",
        b"Bare: a\nB: b",
        b"\n",
        b"\nGET /smuggled HTTP/1.1\nHost: x\n",
        b"Return: a\rB: b",
        b"Return: a\r",
        b"\r",
    ],
)
def test_a_trailer_is_refused_that_would_be_no_field_of_a_head(bad: bytes) -> None:
    for before in (b"", b"X: y\r\n"):
        assert answers(said(CHUNKED + b"5\r\nhello\r\n0\r\n" + before + bad + b"\r\n\r\n" + LAST)) == [400]


def test_a_body_of_nothing_but_small_chunks_is_refused() -> None:
    assert answers(said(CHUNKED + b"0001;a=b\r\nx\r\n" * 900 + b"1\r\nx\r\n" * 16_384)) == [
        ["POST", 1001, "x" * 40, True]
    ]
    for chunks, status in ((16_383, 200), (16_384, 413)):  # and the last, which is empty
        sent = CHUNKED.replace(b"/echo", b"/large") + b"1\r\nx\r\n" * chunks + b"0\r\n\r\n"
        assert answers(said(sent, and_no_more=True)) == [status]


def test_trailers_without_an_end_are_refused() -> None:
    assert answers(said(CHUNKED + b"0\r\n" + b"X: y\r\n" * 5000)) == [431]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(POST + b"Content-Length: 100000\r\n\r\n" + b"x" * 100_000, id="announced"),
        pytest.param(CHUNKED + (b"100\r\n" + b"x" * 256 + b"\r\n") * 400 + b"0\r\n\r\n", id="in chunks"),
    ],
)
def test_of_a_body_that_is_too_long_the_door_sees_the_beginning_and_the_connection_ends(sent: bytes) -> None:
    heard = said(sent + LAST, and_no_more=True)
    ((method, length, _, is_cut),) = answers(heard)
    assert (method, is_cut) == ("POST", True)
    assert length > MOST
    assert b"Connection: close" in heard


def test_a_client_that_falls_silent_hears_what_the_door_makes_of_half_a_body() -> None:
    assert answers(said(POST + b"Content-Length: 5\r\n\r\nhel", and_no_more=True)) == [["POST", 3, "hel", True]]


def test_half_a_body_in_chunks_is_never_taken_for_a_whole_one() -> None:
    assert answers(said(CHUNKED + b"5\r\nhello\r\n", and_no_more=True)) == [400]


def test_a_body_that_never_ends_is_given_up() -> None:
    assert answers(said(POST + b"Content-Length: 5\r\n\r\nhel", body_seconds=0.05)) == [408]


def test_a_body_that_waits_to_be_asked_for_is_asked_for_once() -> None:
    head = POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    assert answers(said(head, b"hel", b"lo" + LAST)) == [100, ["POST", 5, "hello", False], ["GET", 0, "", False]]
    assert answers(said(head + b"hello" + LAST)) == [["POST", 5, "hello", False], ["GET", 0, "", False]]


def test_a_body_that_is_too_long_is_not_asked_for() -> None:
    heard = said(POST + b"Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n", and_no_more=True)
    assert answers(heard) == [["POST", 0, "", True]]


@pytest.mark.parametrize(
    ("path", "version", "body"),
    [
        (b"/sized", b"1.1", b"abcdef"),
        (b"/pieces", b"1.1", b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
        (b"/pieces", b"1.0", b"abcdef"),
    ],
)
def test_an_answer_in_pieces_is_framed_so_that_its_end_can_be_told(path: bytes, version: bytes, body: bytes) -> None:
    heard = said(b"GET " + path + b" HTTP/" + version + b"\r\nHost: x\r\n\r\n" + (LAST if version == b"1.1" else b""))
    first = heard.split(b"HTTP/1.1 ")[1]
    assert first.endswith(b"\r\n\r\n" + body)
    assert (b"Transfer-Encoding: chunked" in first) is (path != b"/sized" and version == b"1.1")
    assert (b"Connection: close" in first) is (version == b"1.0")


def test_an_answer_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    with suppress(ConnectionResetError):  # what was sent before may still arrive
        assert not said(b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"0\r\n\r\n")


def test_an_answer_in_pieces_is_finished_before_the_process_ends_and_its_connection_with_it() -> None:
    async def run() -> tuple[bytes, bool]:
        door = EchoDoor()
        listening = socket.create_server(("127.0.0.1", 0))
        server = Server(door, Limits(parting_seconds=0))
        await server.start(listening)
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(b"GET /waits HTTP/1.1\r\nHost: x\r\n\r\n")
        heard = await reader.readuntil(b"abc")
        stopping = asyncio.create_task(server.stop(within_seconds=2))
        while not server.is_draining:  # noqa: ASYNC110, it tells nobody else
            await asyncio.sleep(0)
        await asyncio.sleep(0.02)  # until whoever is idle was told to go
        door.may_end.set()
        try:
            async with asyncio.timeout(3):
                heard += await reader.read()
            return heard, await stopping
        finally:
            writer.close()
            for left in server._places:
                left.cut_off()

    heard, was_finished = run_loop(run())
    assert heard.endswith(b"def\r\n0\r\n\r\n")
    assert was_finished


def test_an_answer_in_pieces_ends_with_the_client_that_leaves_and_with_the_one_that_does_not_read() -> None:
    async def run() -> list[str]:
        door = EchoDoor()
        async with serving(door, write_seconds=0.05) as ask:
            port = ask.args[0]  # type: ignore[attr-defined]
            for stays in (False, True):
                _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
                writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
                await asyncio.sleep(0.05)
                if not stays:
                    writer.close()
                async with asyncio.timeout(PATIENCE):
                    while len(door.left) <= stays:  # noqa: ASYNC110, it tells nobody else
                        await asyncio.sleep(0.01)
                writer.close()
        return door.left

    assert run_loop(run()) == ["/endless", "/endless"]


def test_a_large_answer_arrives_whole_however_slowly_it_is_read() -> None:
    async def run() -> int:
        async with serving(EchoDoor()) as ask:
            reader, writer = await asyncio.open_connection("127.0.0.1", ask.args[0], limit=1000)  # type: ignore[attr-defined]
            writer.write(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
            heard = 0
            async with asyncio.timeout(PATIENCE):
                while heard < 3_000_000:
                    heard += len(await reader.read(50_000))
            writer.transport.abort()
            return heard

    assert run_loop(run()) >= 3_000_000
