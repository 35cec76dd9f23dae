"""An answer in pieces, as fast as the client takes them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from shortlink.http1.exchange import ClientLeft
from shortlink.http1.wire import LAST_CHUNK, chunk

if TYPE_CHECKING:
    from shortlink.http1.connection import Connection


class AnswerStream:
    """The pieces of one answer on one connection."""

    def __init__(self, connection: Connection, transport: asyncio.Transport, *, in_chunks: bool, is_last: bool) -> None:
        self._connection = connection
        self._transport = transport
        self._in_chunks = in_chunks
        self._is_last = is_last
        self._waiter: asyncio.Future[None] | None = None

    async def send(self, piece: bytes) -> None:
        """Send a piece, and wait while the client has enough unread. Raises ClientLeft, also once it took too long."""
        if self._connection.is_overdue:
            self._connection.cut_off()
            raise ClientLeft
        if self._connection.has_left:
            raise ClientLeft
        if not piece:  # as a chunk it would say that this was all
            return
        self._connection.expect_more()
        self._transport.write(chunk(piece) if self._in_chunks else piece)
        while self._connection.is_blocked and not self._connection.has_left:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._connection.has_left:
            raise ClientLeft

    def end(self) -> None:
        """Say that this was all."""
        if self._in_chunks and not self._connection.has_left:
            self._transport.write(LAST_CHUNK)
        self._connection.end_stream(is_last=self._is_last)

    def break_off(self) -> None:
        """End the connection, so that nobody takes what was sent for the whole."""
        self._connection.cut_off()

    def go_on(self) -> None:
        """Wake up whoever waits to send."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
