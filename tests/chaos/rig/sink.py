"""The sink: a customer's callback receiver that journals every POST before it answers, and answers as it is told."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.chaos.rig.journal import Journal

HOLD_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a POST is answered: a status after a wait, and not before `hold` is set; a status of 0 hangs up."""

    status: int = 200
    delay: float = 0.0
    hold: threading.Event | None = None


Policy = Callable[[str, int], Reply]  # the path, and which POST to it this is, from 1


def always_well(_path: str, _number: int) -> Reply:
    """Answer 200 at once."""
    return Reply()


class Sink:
    """Listens on as many ports of 127.0.0.1 as asked for, on a thread of its own; use it as a context manager.

    The journal gets `arrived` (path, event, port, at) before the answer, and `answered` (status) once it is on its way.
    """

    def __init__(self, journal: Journal, policy: Policy = always_well, *, ports: int = 1) -> None:
        self.journal = journal
        self.ports: list[int] = []
        self._policy = policy
        self._wanted = ports
        self._seen: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sink", daemon=True)
        self._servers: list[asyncio.Server] = []

    def url(self, path: str, port: int = 0) -> str:
        """Name a path at the n-th port."""
        return f"http://127.0.0.1:{self.ports[port]}/{path}"

    def count(self, path: str) -> int:
        """How many POSTs a path got."""
        return self._seen[path]

    @property
    def total(self) -> int:
        return self._seen.total()

    def __enter__(self) -> Self:
        self._thread.start()
        for _ in range(self._wanted):
            starting = asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
            server = asyncio.run_coroutine_threadsafe(starting, self._loop).result(5)
            self._servers.append(server)
            self.ports.append(server.sockets[0].getsockname()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (OSError, EOFError):
            pass  # the worker was killed in the middle of its POST
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        request, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        await reader.readexactly(int(headers.get("content-length", 0)))
        path = request.split(" ")[1].removeprefix("/")
        self._seen[path] += 1
        number = self._seen[path]
        event, port = headers.get("webhook-id", ""), writer.get_extra_info("sockname")[1]
        self.journal.note(what="arrived", path=path, number=number, event=event, port=port, at=time.time() * 1000)
        reply = self._policy(path, number)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.hold is not None:
            await asyncio.to_thread(reply.hold.wait, HOLD_SECONDS)
        if reply.status:
            writer.write(f"HTTP/1.1 {reply.status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        self.journal.note(what="answered", path=path, number=number, status=reply.status, at=time.time() * 1000)
