"""The opening of a connection to the store for an event loop, and how long it is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from redis.exceptions import ConnectionError as RedisConnectionError

from shortlink.domain.errors import StoreUnavailable
from shortlink.storage.async_connection import AsyncConnection, open_connection
from shortlink.storage.patience import Patience

OPEN_SECONDS = 2.0  # for a connection that nobody is made to wait for


class AsyncOpener:
    """Opens one connection at a time, and goes on when those who want it are told to wait no longer.

    So a store that is slow to let anybody in is not asked again and again. After it was given up once, it is in doubt:
    until a connection opens, those who want one wait half as long.
    """

    def __init__(
        self,
        url: str,
        take: Callable[[AsyncConnection | StoreUnavailable], None],
        lose_patience: Callable[[], None],
        *,
        timeout_seconds: float,
        extra_seconds: float,
    ) -> None:
        """Make an opener. What came of each opening goes to `take`; `lose_patience` is called while it goes on."""
        self._url = url
        self._take = take
        self._lose_patience = lose_patience
        self._open_seconds = max(OPEN_SECONDS, timeout_seconds)
        self._patience = Patience(timeout_seconds, self._give_up_waiting, extra_seconds=extra_seconds)
        self._patience_in_doubt = Patience(timeout_seconds / 2, self._give_up_waiting, extra_seconds=0)
        self._is_in_doubt = False
        self._opening: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to open a connection and to wait for it, unless that is under way."""
        if self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open())
        (self._patience_in_doubt if self._is_in_doubt else self._patience).begin()

    def doubt(self) -> None:
        """Note that the store was given up, and let nobody wait for it as long as before."""
        self._is_in_doubt = True

    def cancel(self) -> None:
        """Open nothing more."""
        if self._opening is not None:
            self._opening.cancel()

    async def _open(self) -> None:
        opened: AsyncConnection | StoreUnavailable
        try:
            async with asyncio.timeout(self._open_seconds):
                opened = await self._connect()
            self._is_in_doubt = False
        except Exception as error:  # noqa: BLE001, whatever it is: those who wait must hear of it
            opened = StoreUnavailable(f"the store cannot be reached ({type(error).__name__})")
        finally:
            self._opening = None
            self._patience.end()
            self._patience_in_doubt.end()
        self._take(opened)

    async def _connect(self) -> AsyncConnection:
        """Open a connection, and another one where the first breaks before it can be used; the line may just be bad."""
        try:
            return await open_connection(self._url)
        except (ConnectionResetError, RedisConnectionError):
            return await open_connection(self._url)

    def _give_up_waiting(self) -> None:
        self._is_in_doubt = True
        self._lose_patience()
