"""A line to the store for the scripts of the hot paths: one connection a thread, and nothing in between.

The client's pool, retry wrapper and command table cost three times what the call itself costs.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, cast

from hiredis import pack_command
from redis.backoff import AbstractBackoff, NoBackoff
from redis.connection import AbstractConnection, ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.faults import translate
from shortlink.storage.steps import Command, Result, Steps

_ONCE = Retry(NoBackoff(), 0)


class Line:
    """Sends one command at a time on the calling thread's own connection; safe for many threads."""

    def __init__(self, pool: ConnectionPool, *, retries: int, backoff: AbstractBackoff) -> None:
        """Make a line; where a new connection fails, `retries` more are tried, after the waits of `backoff`."""
        self._pool = pool  # knows the address and how to log in; its own connections are not used
        self._retries = retries
        self._backoff = backoff
        self._thread = threading.local()

    def perform(self, steps: Steps[Result]) -> Result:
        """Run an operation to its end, a round trip for each of its commands. Raises what `call` and it raise."""
        try:
            command = next(steps)
            while True:
                try:
                    answer = self.call(*command)
                except Exception as error:  # noqa: BLE001, the operation decides what it means
                    command = steps.throw(error)
                else:
                    command = steps.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def perform_many(self, operations: Sequence[Steps[Result]]) -> list[Result | Exception]:
        """Run operations side by side, a round trip for all their next commands; each ends with a result or an error.

        Each of them is as atomic as it is alone, and they are carried out in the order given.
        """
        results: list[Result | Exception | None] = [None] * len(operations)
        waiting: list[tuple[int, Command]] = []

        def advance(place: int, answer: Any) -> None:
            steps = operations[place]
            try:
                waiting.append((place, steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)))
            except StopIteration as end:
                results[place] = end.value
            except Exception as error:  # noqa: BLE001, it is this operation's result
                results[place] = error

        for place in range(len(operations)):
            advance(place, None)
        while waiting:
            asked, waiting = waiting, []
            for (place, _), answer in zip(asked, self._call_many([command for _, command in asked]), strict=True):
                advance(place, answer)
        return cast("list[Result | Exception]", results)

    def _call_many(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands together and return their answers; one that failed has its error for an answer."""
        packed = b"".join(pack_command(command) for command in commands)  # type: ignore[arg-type]
        try:
            answers: list[Any] = self._try(lambda connection: self._exchange_many(connection, packed, len(commands)))
        except StoreUnavailable as error:
            return [error] * len(commands)
        return answers

    def call(self, *parts: str | int | float | bytes) -> Any:
        """Send a command and return its answer.

        A connection that turns out closed is opened once more, and the command may then run twice; a store that is away
        is tried again as often as this line was made for; one that hangs is given up after its timeout. Raises
        StoreUnavailable, and what the store answers as an error.
        """
        packed = pack_command(parts)  # type: ignore[arg-type]
        return self._try(lambda connection: self._exchange(connection, packed))

    def _try(self, exchange: Callable[[AbstractConnection], Any]) -> Any:
        failures = 0
        while True:
            kept = getattr(self._thread, "connection", None)
            try:
                return exchange(kept or self._open())
            except RedisTimeoutError as error:
                self._close()
                raise translate(error) from error
            except RedisConnectionError as error:
                self._close()
                if kept is not None:  # may have been closed long ago, which says nothing of the store now
                    continue
                failures += 1
                if failures > self._retries:
                    raise translate(error) from error
                time.sleep(self._backoff.compute(failures))
            except RedisError as error:
                raise translate(error) from error

    def _exchange(self, connection: AbstractConnection, packed: bytes) -> Any:
        connection.send_packed_command([packed], check_health=False)  # type: ignore[no-untyped-call]
        return connection.read_response()

    def _exchange_many(self, connection: AbstractConnection, packed: bytes, count: int) -> list[Any]:
        connection.send_packed_command([packed], check_health=False)  # type: ignore[no-untyped-call]
        try:
            return [self._read(connection) for _ in range(count)]
        except BaseException:  # answers are left unread on it
            self._close()
            raise

    def _read(self, connection: AbstractConnection) -> Any:
        """Read one answer of many, or the error instead of it, behind which the next is still to be read."""
        try:
            return connection.read_response(disconnect_on_error=False)
        except (RedisConnectionError, RedisTimeoutError):
            raise
        except RedisError as error:
            return translate(error)
        except UnicodeDecodeError as error:
            return error

    def _open(self) -> AbstractConnection:
        # What is tried again is said by `_try` alone: a connection that does so itself would multiply the tries.
        options = {**self._pool.connection_kwargs, "retry": _ONCE}
        connection: AbstractConnection = self._pool.connection_class(**options)
        connection.connect()  # type: ignore[no-untyped-call]
        self._thread.connection = connection
        return connection

    def _close(self) -> None:
        connection = getattr(self._thread, "connection", None)
        if connection is not None:
            connection.disconnect()
            self._thread.connection = None
