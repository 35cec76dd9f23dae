"""A bad line: a TCP relay that passes bytes on late, resets connections, breaks off within a piece, or goes silent."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

PIECE_BYTES = 65_536
_RESET_AT_ONCE = struct.pack("ii", 1, 0)  # for SO_LINGER: closing sends a reset instead of an end


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What a line does; a piece is what one read gives, so one request, one answer, or a batch of them."""

    late: float = 0.0  # seconds that each piece takes, in both directions
    reset: float = 0.0  # share of connections, and of requests: half of those before they arrive, half after
    cut: float = 0.0  # share of pieces of which only the first bytes arrive, and then the line is closed
    silent: bool = False  # nothing arrives, nothing is refused
    forgets: float = 0.0  # share of the connections that stay silent when the line is well again, as behind a firewall


class BadLine:
    """Listens on 127.0.0.1 and leads to `target`: a path of a socket, or a host and a port."""

    def __init__(self, dice: random.Random) -> None:
        self.target: str | tuple[str, int] = ""
        self.dice = dice
        self.trouble = Trouble()
        self.struck: Counter[str] = Counter()
        self.speaks = asyncio.Event()
        self.speaks.set()
        self._calls: dict[asyncio.Task[None], _Call] = {}

    async def listen(self) -> int:
        """Begin to listen, and give the port."""
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, backlog=512)
        return int(server.sockets[0].getsockname()[1])

    def turn(self, trouble: Trouble) -> None:
        """Make another kind of trouble from now on."""
        if self.trouble.silent and not trouble.silent:
            for call in self._calls.values():
                call.is_forgotten = self.strikes("forgotten", self.trouble.forgets)
        self.trouble = trouble
        if trouble.silent:
            self.speaks.clear()
        else:
            self.speaks.set()

    def strikes(self, what: str, share: float) -> bool:
        """Draw whether something befalls a connection or a piece, and count it."""
        hit = self.dice.random() < share
        self.struck[what] += hit
        return hit

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.strikes("refused", self.trouble.reset):
            _reset(writer)
            return
        try:
            far = await (
                asyncio.open_unix_connection(self.target)
                if isinstance(self.target, str)
                else asyncio.open_connection(*self.target)
            )
        except OSError:
            _reset(writer)
            return
        call = _Call(self, (reader, writer), far)
        task = asyncio.ensure_future(call.carry())
        self._calls[task] = call
        task.add_done_callback(self._calls.pop)


_Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_Say = Callable[[asyncio.StreamWriter, bytes], Awaitable[None]]


class _Call:
    """One connection through the line."""

    def __init__(self, line: BadLine, near: _Side, far: _Side) -> None:
        self._line, self._near, self._far = line, near, far
        self._dies_with_answer = False
        self.is_forgotten = False

    async def carry(self) -> None:
        """Pass on what both sides say, until the line breaks, the far side is gone, or the near one is with a reset."""
        there = asyncio.ensure_future(self._pass(self._near[0], self._far[1], self._ask))
        back = asyncio.ensure_future(self._pass(self._far[0], self._near[1], self._answer))
        try:
            # Who asks may close its half behind a request; who answers has nothing to say once it has closed.
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            for _, writer in (self._near, self._far):
                writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, say: _Say) -> None:
        while piece := await reader.read(PIECE_BYTES):
            await asyncio.sleep(self._line.trouble.late)
            await self._line.speaks.wait()
            if not self.is_forgotten:
                await say(writer, piece)
        await self._line.speaks.wait()
        if say == self._answer:
            raise EOFError
        writer.write_eof()

    async def _ask(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        if self._line.strikes("reset before", self._line.trouble.reset / 2):
            self._break()
        if self._line.strikes("reset after", self._line.trouble.reset / 2):
            self._dies_with_answer = True
        await self._write(writer, piece, "cut asking")

    async def _answer(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        if self._dies_with_answer:
            self._break()
        await self._write(writer, piece, "cut answering")

    async def _write(self, writer: asyncio.StreamWriter, piece: bytes, name: str) -> None:
        is_cut = self._line.strikes(name, self._line.trouble.cut)
        writer.write(piece[: self._line.dice.randrange(len(piece))] if is_cut else piece)
        await writer.drain()
        if is_cut:
            raise EOFError

    def _break(self) -> None:
        for _, writer in (self._near, self._far):
            _reset(writer)
        raise ConnectionResetError


def _reset(writer: asyncio.StreamWriter) -> None:
    near: socket.socket = writer.get_extra_info("socket")
    if near.family == socket.AF_INET:
        near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
    writer.transport.abort()
