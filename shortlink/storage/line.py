"""A line to the store for the scripts of the hot paths: one connection a thread, and nothing in between.

The client's pool, retry wrapper and command table cost three times what the call itself costs.
"""

from __future__ import annotations

import threading
from typing import Any

from hiredis import pack_command
from redis.connection import AbstractConnection, ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from shortlink.storage.faults import translate
from shortlink.storage.steps import Result, Steps


class Line:
    """Sends one command at a time on the calling thread's own connection; safe for many threads."""

    def __init__(self, pool: ConnectionPool, *, retries: int) -> None:
        self._pool = pool  # knows the address and how to log in; its own connections are not used
        self._retries = retries
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

    def call(self, *parts: str | int | float | bytes) -> Any:
        """Send a command and return its answer.

        A connection that turns out closed is opened once more, and the command may then run twice; one that hangs is
        given up after its timeout. Raises StoreUnavailable, and what the store answers as an error.
        """
        packed = pack_command(parts)  # type: ignore[arg-type]
        left = self._retries
        while True:
            kept = getattr(self._thread, "connection", None)
            try:
                return self._exchange(kept or self._open(), packed)
            except RedisTimeoutError as error:
                self._close()
                raise translate(error) from error
            except RedisConnectionError as error:
                self._close()
                if kept is not None:
                    continue
                if not left:
                    raise translate(error) from error
                left -= 1
            except RedisError as error:
                raise translate(error) from error

    def _exchange(self, connection: AbstractConnection, packed: bytes) -> Any:
        connection.send_packed_command([packed], check_health=False)  # type: ignore[no-untyped-call]
        return connection.read_response()

    def _open(self) -> AbstractConnection:
        connection: AbstractConnection = self._pool.connection_class(**self._pool.connection_kwargs)
        connection.connect()  # type: ignore[no-untyped-call]
        self._thread.connection = connection
        return connection

    def _close(self) -> None:
        connection = getattr(self._thread, "connection", None)
        if connection is not None:
            connection.disconnect()
            self._thread.connection = None
