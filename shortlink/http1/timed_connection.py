"""A client's connection as the clock sees it: what the server waits for, until when, and how the connection ends."""

from __future__ import annotations

import asyncio
import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, cast

from shortlink.http1.claim import Claim
from shortlink.http1.client_socket import count_unsent, cut_off
from shortlink.http1.reading import RequestReader, Stage
from shortlink.http1.request import BadRequest
from shortlink.http1.wire import CONTINUE, refusal

if TYPE_CHECKING:
    from shortlink.http1.server import Server


class TimedConnection(asyncio.Protocol, ABC):
    """A connection that may be waited for until its `deadline`: then the server loses patience.

    What is asked on it, and answered, is for its one subclass, `Connection`. Both are one object, as a call from one
    to another would cost each request something.
    """

    __slots__ = (
        "_held",
        "_is_blocked",
        "_is_closing",
        "_is_deaf",
        "_is_over",
        "_is_paused",
        "_is_refused",
        "_reader",
        "_server",
        "_stage",
        "_stream_until",
        "_transport",
        "_unsent",
        "_waiting",
        "deadline",
    )

    def __init__(self, server: Server) -> None:
        self._server = server
        self._reader = RequestReader(server.door.intake)
        self._stage = Stage.NOTHING  # for which the deadline is
        self._held = 0  # bytes of a head that is not whole, or a body that has no answer yet, as the server knows them
        self._waiting = 0  # bytes that were sent ahead or not taken, as the server knows them
        self._is_deaf = False  # it sent ahead more than there was room for: nothing of it is heard any more
        self._is_paused = False  # nothing more is read
        self._is_refused = False  # it was told why, and nothing of it is heard any more
        self._unsent = 0  # bytes that the client had not taken when we last looked
        self._is_blocked = False  # the client does not take its answers
        self._stream_until = math.inf  # by when an answer in pieces has to be taken
        self._is_over = False  # the client has nothing more to say
        self._is_closing = False
        self.deadline = server.now + server.limits.head_seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name
        if not self._server.admit(self):
            self._refuse(503)

    def pause_writing(self) -> None:
        """Take up nothing more from who does not read."""
        self._is_blocked = True
        self._unsent = count_unsent(self._transport)
        self.deadline = self._server.now + self._server.limits.write_seconds
        self._count_waiting()

    def drain(self, *, waits_for_body: bool = True) -> None:
        """End the connection as soon as nothing is under way; who has not finished asking was not heard."""
        if self._has_to_wait or self._is_closing or (waits_for_body and self._reader.stage is Stage.BODY):
            return
        if self._reader.is_idle:
            self.close()
        else:
            self._refuse(503)

    def lose_patience(self) -> None:
        """End the connection because its deadline is over, unless its client takes a long answer slowly."""
        may_go_on = self._is_blocked and not self.is_overdue
        if may_go_on and (unsent := count_unsent(self._transport)) < self._unsent:
            self._unsent = unsent
            self.deadline = self._server.now + self._server.limits.write_seconds
        elif self._is_closing or self._has_to_wait:
            self.cut_off()
        elif self._reader.is_idle:
            self.close()
        else:
            self._refuse(408)

    def give_way(self) -> None:
        """End the connection at once, because others need its place; who was asking is told so."""
        if not self._reader.is_idle:
            self._transport.write(refusal(503))
        self.close()
        if self._transport.get_write_buffer_size():  # an answer that is not taken would keep the place
            self.cut_off()

    def close(self) -> None:
        """Close once everything is written."""
        self._is_closing = True
        self.deadline = self._server.now + self._server.limits.write_seconds
        self._transport.close()

    def cut_off(self) -> None:
        """End the connection now, and have the kernel forget what the client did not take, too."""
        cut_off(self._transport)

    @property
    def has_left(self) -> bool:
        """Whether there is nobody to answer any more."""
        return self._is_closing

    @property
    def is_blocked(self) -> bool:
        """Whether the client has more unread than it should."""
        return self._is_blocked

    @property
    def is_overdue(self) -> bool:
        """Whether an answer in pieces has been under way for too long, however slowly its client takes it."""
        return self._server.now > self._stream_until

    def expect_more(self) -> None:
        """Give the door its time again: a piece of an answer was taken."""
        self.deadline = self._server.now + self._server.limits.answer_seconds

    @property
    @abstractmethod
    def claim(self) -> tuple[Claim, float]:
        """Say how strong its claim to its place is, and since when (monotonic seconds): the older is the weaker."""

    @property
    @abstractmethod
    def _has_to_wait(self) -> bool:
        """Whether no further request may be taken up now."""

    def _wait_for_more(self) -> None:
        """Wait for the rest of a head or body; a little more now and then buys no time. Raises BadRequest."""
        stage = self._reader.stage
        if stage is Stage.NOTHING:
            return
        self._hold(self._reader.held_bytes)
        if stage is not self._stage:
            self._begin_to_wait(stage)

    def _begin_to_wait(self, stage: Stage) -> None:
        self._stage = stage
        limits = self._server.limits
        self.deadline = self._server.now + (limits.head_seconds if stage is Stage.HEAD else limits.body_seconds)
        if stage is Stage.BODY and self._reader.asks_for_body:
            self._transport.write(CONTINUE)

    def _hold(self, size: int) -> None:
        """Count what has come of the present request. Raises BadRequest."""
        self._held += self._server.unfinished.take(size - self._held)

    def _count_waiting(self) -> None:
        """Count what this client sends ahead and does not take; without room for it, nothing more of it is heard.

        The answer that is under way is given all the same: what it says was done.
        """
        size = self._reader.unread_bytes if self._has_to_wait else 0
        if self._is_blocked:
            size += self._transport.get_write_buffer_size()
        if size == self._waiting:
            return
        try:
            self._waiting += self._server.waiting.take(size - self._waiting)
        except BadRequest:
            self._is_deaf = True
            self._reader.forget()
            self._let_go_of_waiting()
            if self._is_blocked:
                self.cut_off()

    def _let_go(self) -> None:
        self._server.unfinished.give_back(self._held)
        self._held = 0

    def _let_go_of_waiting(self) -> None:
        self._server.waiting.give_back(self._waiting)
        self._waiting = 0

    def _refuse(self, status: int) -> None:
        """Say that this is no proper request, and end the connection."""
        self._transport.write(refusal(status))
        self._is_refused = True
        self._part()

    def _part(self) -> None:
        """Close once what was said has arrived: bytes that nobody reads would take it back."""
        self._is_closing = True
        self._reader.forget()
        self._let_go()
        self._let_go_of_waiting()
        self.deadline = self._server.now + self._server.limits.linger_seconds
        if self._is_paused:
            self._is_paused = False
            self._transport.resume_reading()
        if self._is_over or not self._transport.can_write_eof():
            self._transport.close()
        else:
            self._transport.write_eof()
