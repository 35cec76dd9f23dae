"""The server's interface for an event loop (RSGI), as far as the doors use it: shapes for the type checker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol as Shape

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # its way of exporting

__all__ = ["HeaderList", "Headers", "Protocol", "ProtocolClosed", "Scope", "Stream"]

HeaderList = list[tuple[str, str]]


class Headers(Shape):
    """The headers of a request; names in lower case. `keys` has all names, `items` and `get` only values in ASCII."""

    def get(self, key: str) -> str | None: ...
    def __contains__(self, key: str) -> bool: ...
    def keys(self) -> Iterable[str]: ...
    def items(self) -> Iterable[tuple[str, str]]: ...


class Scope(Shape):
    """A request without its body; `path` is decoded."""

    proto: str
    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Headers


class Stream(Shape):
    """An answer under way."""

    async def send_bytes(self, data: bytes) -> None: ...


class Protocol(Shape):
    """What reads a request's body, by a call or piece by piece, and takes its answer. Raises ProtocolClosed."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> Protocol: ...
    async def __anext__(self) -> bytes: ...
    def response_empty(self, status: int, headers: HeaderList) -> None: ...
    def response_bytes(self, status: int, headers: HeaderList, body: bytes) -> None: ...
    def response_stream(self, status: int, headers: HeaderList) -> Stream: ...
