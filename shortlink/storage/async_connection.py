"""One connection to the store for an event loop: bytes out, answers in. Made and used by AsyncLine alone."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any, cast

import hiredis
from redis.connection import SSLConnection, parse_url
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError

_CERTIFICATES = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}
_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}  # as the client of the other line does


class AsyncConnection(asyncio.Protocol):
    """The bytes of one connection. Its answers go to whoever it was handed over to, in the order of the commands."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader(encoding="utf-8", errors="surrogateescape", replyError=_error)
        self._transport: asyncio.Transport | None = None
        self._on_answers: Callable[[list[Any]], None] | None = None
        self._on_lost: Callable[[], None] | None = None

    def hand_over(self, on_answers: Callable[[list[Any]], None], on_lost: Callable[[], None]) -> None:
        """Say who gets the answers, and who is told when the other side closes."""
        self._on_answers, self._on_lost = on_answers, on_lost
        if self._transport is None or self._transport.is_closing():
            on_lost()

    def send(self, packed: bytes) -> None:
        """Send packed commands; on a closed connection nothing happens, as its owner is told."""
        if self._transport is not None:
            self._transport.write(packed)

    def abort(self) -> None:
        """Close at once, without telling the owner."""
        self._on_lost = None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        """Read the answers that are complete."""
        self._reader.feed(data)
        answers: list[Any] = []
        while (answer := self._reader.gets()) is not False:
            answers.append(answer)
        if answers and self._on_answers is not None:
            self._on_answers(answers)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002, why does not matter
        """Tell the owner."""
        self._transport = None
        if self._on_lost is not None:
            self._on_lost()


async def open_connection(url: str) -> AsyncConnection:
    """Connect to the store at a URL, log in, choose the database and say who asks. Raises OSError or RedisError."""
    options: Mapping[str, Any] = parse_url(url)  # type: ignore[no-untyped-call]
    loop = asyncio.get_running_loop()
    if "path" in options:
        _, connection = await loop.create_unix_connection(AsyncConnection, options["path"])
    else:
        tls = _tls(options) if options.get("connection_class") is SSLConnection else None
        host, port = options.get("host", "localhost"), options.get("port", 6379)
        transport, connection = await loop.create_connection(AsyncConnection, host, port, ssl=tls)
        if options.get("socket_keepalive", True):
            _keep_alive(transport.get_extra_info("socket"))
    try:
        await _greet(connection, _greetings(options))
    except BaseException:
        connection.abort()
        raise
    return connection


def _greetings(options: Mapping[str, Any]) -> list[tuple[str | int, ...]]:
    commands: list[tuple[str | int, ...]] = []
    if options.get("username"):  # one without a password has an empty one
        commands.append(("AUTH", options["username"], options.get("password", "")))
    elif options.get("password"):
        commands.append(("AUTH", options["password"]))
    if options.get("db"):
        commands.append(("SELECT", options["db"]))
    if options.get("client_name"):
        commands.append(("CLIENT", "SETNAME", options["client_name"]))
    return [*commands, ("PING",)]  # a store that takes connections may still be loading its data


async def _greet(connection: AsyncConnection, commands: list[tuple[str | int, ...]]) -> None:
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    answers: list[Any] = []

    def take(some: list[Any]) -> None:
        answers.extend(some)
        if len(answers) >= len(commands) and not answered.done():
            answered.set_result(None)

    def lose() -> None:
        if not answered.done():
            answered.set_exception(RedisConnectionError("closed while logging in"))

    connection.hand_over(take, lose)
    connection.send(b"".join(hiredis.pack_command(command) for command in commands))  # type: ignore[arg-type]
    await answered
    for answer in answers:
        if isinstance(answer, RedisError):
            raise answer


def _keep_alive(line: socket.socket) -> None:
    """Have the kernel look after a quiet connection."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):  # not every system has each
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _tls(options: Mapping[str, Any]) -> ssl.SSLContext:
    """Read the TLS options of a Redis URL as the client of the other line does, or one of the two finds no store."""
    context = ssl.create_default_context()
    required = _CERTIFICATES[options.get("ssl_cert_reqs", "required")]
    context.check_hostname = required != ssl.CERT_NONE and options.get("ssl_check_hostname", True)
    context.verify_mode = required
    if "ssl_certfile" in options:  # without its password, OpenSSL would ask the terminal for it
        context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"), options.get("ssl_password"))
    if "ssl_ca_certs" in options or "ssl_ca_path" in options:
        context.load_verify_locations(options.get("ssl_ca_certs"), options.get("ssl_ca_path"))
    return context


def _error(text: str) -> RedisError:
    return NoScriptError(text) if text.startswith("NOSCRIPT") else ResponseError(text)
