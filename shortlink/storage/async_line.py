"""A line to the store for an event loop: whatever is asked while a round trip is under way goes out with the next.

Nobody waits for a timer: a lone command leaves at once, and under load a batch is as large as the load makes it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import hiredis
from redis.exceptions import RedisError

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_connection import AsyncConnection
from shortlink.storage.async_opener import AsyncOpener
from shortlink.storage.async_operation import AsyncOperation, Done
from shortlink.storage.faults import translate
from shortlink.storage.patience import Patience
from shortlink.storage.steps import Command, Result, Steps

EXTRA_SECONDS = 0.16  # what a busy machine is given on top
# For an answer, those that are under way included: beyond that the store is too slow for what comes in, and a quick no
# is worth more than a late yes.
MOST_WAITING = 4096
_ENDING = "this process is ending"


@dataclass(slots=True)
class _Call:
    packed: bytes
    take: Callable[[Any], None]  # is given the answer, or the error instead of it
    sent_before: bool = False


class AsyncLine:
    """One connection to the store, shared by everything on one event loop."""

    def __init__(self, url: str, *, timeout_seconds: float, at_once: int = MOST_WAITING) -> None:
        """Make a line. As many as `at_once` commands go out without waiting for the answers that are under way.

        That is for commands that take this process long to write: the store works on some while the next are made.
        """
        self._at_once = at_once
        self._waiting: deque[_Call] = deque()
        self._under_way: deque[_Call] = deque()
        self._connection: AsyncConnection | None = None
        self._patience = Patience(timeout_seconds, self._time_out, extra_seconds=EXTRA_SECONDS)
        self._opener = AsyncOpener(
            url,
            self._take_connection,
            self._give_up_waiting,
            timeout_seconds=timeout_seconds,
            extra_seconds=EXTRA_SECONDS,
        )
        self._woken = False
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def perform(self, steps: Steps[Result]) -> Result:
        """Run an operation to its end. Raises StoreUnavailable, and whatever the operation raises."""
        try:
            command = next(steps)
            while True:
                try:
                    answer = await self.call(command)
                except (RedisError, StoreUnavailable) as error:
                    command = steps.throw(error)
                else:
                    command = steps.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def begin(self, steps: Steps[Result], done: Done[Result]) -> None:
        """Run an operation as `perform` does, but call back at its end, with its result or what it raised.

        Costs a third of a task. `done` may be called before this returns, and may not raise.
        """
        AsyncOperation(self, steps, done).take(None)

    def go_on(self, steps: Steps[Result], answer: Any, done: Done[Result]) -> None:
        """Run an operation as `begin` does whose first command was asked before; `answer` is what came of it."""
        next(steps)
        AsyncOperation(self, steps, done).take(answer)

    def call(self, command: Command) -> asyncio.Future[Any]:
        """Send a command as `ask` does; the future raises what it would give instead of an answer."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.ask(command, partial(_settle, future))
        return future

    def ask(self, command: Command, take: Callable[[Any], None]) -> None:
        """Send a command with the next batch, and give its answer to `take`.

        One that was under way when the connection closed is sent once more, and may then run twice. When the store
        does not answer in time, everything that waits is given up at once. Instead of an answer, `take` may be given
        StoreUnavailable, or what the store answers as an error.
        """
        if self._is_closed:
            take(StoreUnavailable(_ENDING))
            return
        if len(self._waiting) + len(self._under_way) >= MOST_WAITING:
            take(StoreUnavailable("the store is too slow for what is asked of it"))
            return
        self._waiting.append(_Call(hiredis.pack_command(command), take))  # type: ignore[arg-type]
        if len(self._waiting) >= self._at_once:
            self._send()
        elif not self._woken and not self._under_way:
            self._woken = True
            if self._loop is None:  # asked for once: before Python 3.12 that takes a system call
                self._loop = asyncio.get_running_loop()
            self._loop.call_soon(self._send)

    def close(self) -> None:
        """Close the connection; what is still under way is given up, and so is whatever is asked from now on."""
        self._is_closed = True
        self._opener.cancel()
        self._give_up(StoreUnavailable(_ENDING))

    def _send(self) -> None:
        self._woken = False
        if not self._waiting or (self._under_way and len(self._waiting) < self._at_once):
            return
        if self._connection is None:
            self._opener.begin()
            return
        batch, self._waiting = self._waiting, deque()
        self._under_way += batch
        self._connection.send(b"".join([call.packed for call in batch]))
        self._patience.begin()

    def _take_connection(self, opened: AsyncConnection | StoreUnavailable) -> None:
        """Ask what waits for a connection, or give it up where there will be none."""
        if isinstance(opened, StoreUnavailable):
            self._give_up(opened)
        else:
            self._connection = opened
            opened.hand_over(self._take_answers, partial(self._lose, opened))
        self._send()

    def _take_answers(self, answers: list[Any]) -> None:
        """Hand answers to those who wait for them, in the order in which they asked."""
        for answer in answers:
            if not self._under_way:  # an answer nobody asked for: the two sides have lost step
                self._give_up(StoreUnavailable("the store answered what nobody asked"))
                return
            call = self._under_way.popleft()
            call.take(translate(answer) if isinstance(answer, RedisError) else answer)
        self._patience.end()
        if self._under_way:
            self._patience.begin()
        elif self._waiting:
            self._send()

    def _lose(self, connection: AsyncConnection) -> None:
        """Note that the connection was closed from the other side, and ask again what it had not answered."""
        if connection is not self._connection:
            return
        self._connection = None
        self._patience.end()
        unanswered, self._under_way = self._under_way, deque()
        for call in reversed(unanswered):
            if call.sent_before:
                call.take(StoreUnavailable("the store closed the connection"))
            else:
                call.sent_before = True
                self._waiting.appendleft(call)
        self._send()

    def _time_out(self) -> None:
        self._opener.doubt()
        self._give_up(StoreUnavailable("the store did not answer in time"))

    def _give_up_waiting(self) -> None:
        """Give up those who wait for a connection, but not the connection: when it opens, the store is back."""
        given_up, self._waiting = self._waiting, deque()
        for call in given_up:
            call.take(StoreUnavailable("the store cannot be reached in time"))

    def _give_up(self, error: StoreUnavailable) -> None:
        self._patience.end()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.abort()
        given_up = [*self._under_way, *self._waiting]
        self._under_way, self._waiting = deque(), deque()
        for call in given_up:
            call.take(error)


def _settle(future: asyncio.Future[Any], answer: Any) -> None:
    if future.done():  # whoever waited has left
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
