"""How a door answers a request: at once, or piece by piece."""

from __future__ import annotations

from typing import Protocol as Shape

from shortlink.http1.request import Intake, Request


class ClientLeft(Exception):
    """Whoever asked is gone, or does not read; there is nobody to answer."""


class Stream(Shape):
    """An answer under way."""

    async def send(self, piece: bytes) -> None:
        """Send a piece, and wait while the client has enough unread. Raises ClientLeft."""

    def end(self) -> None:
        """Say that this was all."""

    def break_off(self) -> None:
        """End the connection, so that nobody takes what was sent for the whole."""


class Exchange(Shape):
    """One request's answer; give one, once. Nothing happens where the client has left."""

    @property
    def has_left(self) -> bool:
        """Whether there is nobody to answer any more; may be asked from any thread."""

    def reply(self, head: bytes, body: bytes) -> None:
        """Answer. The head lacks its last, empty line; a body is left out where HEAD was asked for."""

    def stream(self, head: bytes, *, is_sized: bool) -> Stream:
        """Begin an answer in pieces; `is_sized` says that the head has its length. Raises ClientLeft."""


class Door(Shape):
    """What a server stands in front of."""

    @property
    def intake(self) -> Intake:
        """What it takes of requests."""

    def answer(self, request: Request, peer: str, exchange: Exchange) -> None:
        """Answer a request, now or later; `peer` is the address of who is connected."""
