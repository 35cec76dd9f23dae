"""The load generator: a process of its own that sends prepared requests and takes the time.

Plain asyncio over raw HTTP/1.1. Whether it is fast enough is a figure too: see figures/generator.py.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Self

from bench.connection import BadAnswer, Connection, body_of, status_of

CONNECTIONS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedLoad:
    """Callers who each ask again as soon as they have their answer: finds out how many requests a second go through.

    The requests are sent in turn, over and over for `seconds`, or each of them once when `seconds` is None.
    """

    port: int
    requests: Sequence[bytes]
    expected: int  # status code; any other ends the bench
    turned_away: int = 0  # status code that only counts: how a busy door refuses
    connections: int = CONNECTIONS
    seconds: float | None = None
    keep_bodies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoad:
    """Callers who come at a fixed rate whether or not the earlier ones were served: finds out how long one waits.

    Times are counted from the moment a request should have been sent, so that a stall is felt by everyone who came
    during it (no coordinated omission).
    """

    port: int
    requests: Sequence[bytes]
    expected: int
    turned_away: int = 0
    rate: float  # requests a second


@dataclass(slots=True, kw_only=True)
class LoadResult:
    """What a load found. Starts are seconds of the machine's monotonic clock, which all processes share."""

    answers: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0  # of the generator itself
    answer_ms: list[float] = field(default_factory=list)  # of those that were answered as expected
    turned_away: list[int] = field(default_factory=list)  # which requests, by their turn
    starts: list[float] = field(default_factory=list)  # OpenLoad: when each request should have been sent
    bodies: list[bytes] = field(default_factory=list)  # in the order of the requests

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answers / self.seconds

    @property
    def busy(self) -> float:
        """The share of one core that the generator used; near 1 it is the bottleneck."""
        return self.cpu_seconds / self.seconds


Load = ClosedLoad | OpenLoad


class LoadGenerator:
    """The generator's process; use it as a context manager."""

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()

    def run(self, load: Load) -> LoadResult:
        """Run one load to its end. Raises BadAnswer when an answer was not the expected one."""
        self._pipe.send(load)
        result = self._pipe.recv()
        if isinstance(result, LoadResult):
            return result
        raise BadAnswer(str(result))


def _serve(pipe: Pipe) -> None:
    with suppress(EOFError, KeyboardInterrupt):  # the bench is over
        _serve_loads(pipe)


def _serve_loads(pipe: Pipe) -> None:
    while True:
        load: Load = pipe.recv()
        try:
            pipe.send(asyncio.run(_run(load)))
        except (BadAnswer, OSError) as error:
            pipe.send(_reason(error))
        except ExceptionGroup as errors:  # of callers in an open model
            pipe.send(_reason(errors.exceptions[0]))


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


async def _run(load: Load) -> LoadResult:
    result = LoadResult()
    before = time.process_time()
    await (_run_closed(load, result) if isinstance(load, ClosedLoad) else _run_open(load, result))
    result.cpu_seconds = time.process_time() - before
    result.answers = len(result.answer_ms)
    return result


async def _run_closed(load: ClosedLoad, result: LoadResult) -> None:
    connections = [await Connection.open(load.port) for _ in range(load.connections)]
    bodies: dict[int, bytes] = {}
    began = time.perf_counter()
    deadline = None if load.seconds is None else began + load.seconds
    turn = enumerate(load.requests if deadline is None else cycle(load.requests))

    async def call(connection: Connection) -> None:
        for number, request in _until(deadline, turn):
            started = time.perf_counter()
            answer = await connection.exchange(request)
            note(load, result, number, answer, (time.perf_counter() - started) * 1000)
            if load.keep_bodies:
                bodies[number] = body_of(answer)

    await asyncio.gather(*map(call, connections))
    result.seconds = time.perf_counter() - began
    result.bodies = [bodies[number] for number in sorted(bodies)]
    for connection in connections:
        connection.close()


def _until(deadline: float | None, turn: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Take from what all callers share, until the time is up."""
    while deadline is None or time.perf_counter() < deadline:
        item = next(turn, None)
        if item is None:
            return
        yield item


async def _run_open(load: OpenLoad, result: LoadResult) -> None:
    idle: list[Connection] = [await Connection.open(load.port) for _ in range(CONNECTIONS)]
    began = time.monotonic() + 0.05
    result.starts = [began + number / load.rate for number in range(len(load.requests))]

    async def call(number: int, request: bytes, intended: float) -> None:
        connection = idle.pop() if idle else await Connection.open(load.port)
        answer = await connection.exchange(request)
        note(load, result, number, answer, (time.monotonic() - intended) * 1000)
        idle.append(connection)

    async with asyncio.TaskGroup() as calls:
        for number, (request, intended) in enumerate(zip(load.requests, result.starts, strict=True)):
            await asyncio.sleep(intended - time.monotonic())
            calls.create_task(call(number, request, intended))
    result.seconds = time.monotonic() - began
    for connection in idle:
        connection.close()


def note(load: Load, result: LoadResult, number: int, answer: bytes, milliseconds: float) -> None:
    """Count an answer as what it is. Raises BadAnswer when it is neither expected nor a refusal to put up with."""
    status = status_of(answer)
    if status == load.expected:
        result.answer_ms.append(milliseconds)
    elif status == load.turned_away:
        result.turned_away.append(number)
    else:
        raise BadAnswer(f"expected {load.expected}: {answer[:500].decode(errors='replace')}")
