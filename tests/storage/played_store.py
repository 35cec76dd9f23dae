"""A line of an event loop to work with, and stores played to it, which answer, hang and hang up as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from shortlink.storage.async_line import MOST_WAITING, AsyncLine


def on_a_loop(
    work: Callable[[AsyncLine], Awaitable[Any]],
    url: str,
    *,
    timeout_seconds: float = 2.0,
    at_once: int = MOST_WAITING,
) -> Any:
    async def run() -> Any:
        line = AsyncLine(url, timeout_seconds=timeout_seconds, at_once=at_once)
        try:
            return await work(line)
        finally:
            line.close()
            await asyncio.sleep(0)

    return asyncio.run(run())


class HangingStore:
    """A store that greets, answers and hangs up as it is told."""

    def __init__(self) -> None:
        self.greets, self.is_well = asyncio.Event(), True
        self._writers: list[asyncio.StreamWriter] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        while data := await reader.read(65536):
            if b"PING" in data:
                await self.greets.wait()
                writer.write(b"+PONG\r\n")
            elif self.is_well:
                writer.write(b"$1\r\nx\r\n")
        writer.close()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def store_played_by(answer: Any, folder: Path) -> AsyncIterator[None]:
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await answer(reader, writer)

    server = await asyncio.start_unix_server(serve, f"{folder}/s")
    try:
        yield
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0.01)
