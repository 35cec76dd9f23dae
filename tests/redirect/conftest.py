"""Both doors on the wire: served by threads of this process, asked over sockets."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
import redis
from werkzeug.serving import WSGIRequestHandler, make_server

from shortlink.bootstrap.doors import Services, build
from shortlink.bootstrap.links import build_redirect
from shortlink.config import Settings
from shortlink.domain.link import ShortLink
from shortlink.domain.message import Message
from shortlink.http1.exchange import Door
from shortlink.http1.server import Limits, Server, loop_factory
from shortlink.redirect.serving import make_door
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import connect
from shortlink.storage.links import LinkStore
from shortlink.use_cases.follow_link import LinkDesk
from shortlink.use_cases.measure_requests import Tally
from shortlink.web.app import create_app
from tests.factories import link_start, make_message

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
TARGET = "https://shop.test/sale?a=1"  # of the tracked message
OF_EACH = {"date", "server", "x-request-id", "connection"}  # of each answer, or of the server that a door stands on
PATIENCE = 10.0
Opened = tuple[Door, Callable[[], object]]  # a door and what closes it


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came over the wire; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True, slots=True)
class WireDoor:
    """A served door and its port."""

    port: int

    def ask(self, path: str, *, method: str = "GET", agent: str | None = PHONE, **headers: str) -> Answer:
        """Ask on a connection of its own, with the path exactly as it is given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            given = {"User-Agent": agent} if agent is not None else {}
            for name, value in (given | {name.replace("_", "-"): value for name, value in headers.items()}).items():
                connection.putheader(name, value)
            connection.endheaders()
            answer = connection.getresponse()
            body = answer.read()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """Open a plain connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def say(self, sent: bytes) -> bytes:
        """Send bytes, and read until the door closes."""
        with self.connect() as connection:
            connection.sendall(sent)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Read until the other side closes."""
    heard = b""
    while more := connection.recv(65536):
        heard += more
    return heard


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, the base class calls it so
        pass


@contextmanager
def flask_door(settings: Settings, *, waits_seconds: float | None = None) -> Iterator[WireDoor]:
    """Serve Flask's door on a thread; `waits_seconds` is how long it waits for the store, if not as long as usual."""
    services = build(settings)
    if waits_seconds is not None:
        links = LinkStore(connect(settings.redis_url, timeout_seconds=waits_seconds, retries=0))
        services = replace(services, link_desk=replace(services.link_desk, links=links))
    server = make_server("127.0.0.1", 0, create_app(services), threaded=True, request_handler=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield WireDoor(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        _close_spool(services.link_desk)


@contextmanager
def async_door(
    settings: Settings, limits: Limits | None = None, *, waits_seconds: float | None = None
) -> Iterator[WireDoor]:
    """Serve the redirect door on an event loop on a thread."""

    def open_redirect(_: int) -> Opened:
        services = build_redirect(settings)
        if waits_seconds is not None:
            services = replace(services, line=AsyncLine(settings.redis_url, timeout_seconds=waits_seconds))

        def close() -> None:
            services.line.close()
            _close_spool(services.desk)

        return make_door(services, Tally()), close

    with on_a_loop(open_redirect, limits) as door:
        yield door


@contextmanager
def on_a_loop(open_door: Callable[[int], Opened], limits: Limits | None = None) -> Iterator[WireDoor]:
    """Serve a door on an event loop on a thread; it is opened there, for a port."""
    listening = socket.create_server(("127.0.0.1", 0))
    port = int(listening.getsockname()[1])
    ready, loops = threading.Event(), []

    async def serve() -> None:
        door, close = open_door(port)
        told = asyncio.Event()
        server = Server(door, limits or Limits())
        await server.start(listening)
        loops.append((asyncio.get_running_loop(), told))
        ready.set()
        await told.wait()
        await server.stop(within_seconds=0.2)
        close()
        await asyncio.sleep(0.01)

    def run() -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield WireDoor(port)
    finally:
        loop, told = loops[0]
        loop.call_soon_threadsafe(told.set)
        thread.join()
        listening.close()


def _close_spool(desk: LinkDesk) -> None:
    if desk.spool is not None:
        desk.spool._close()


DOORS = {"flask": flask_door, "async": async_door}


@pytest.fixture(scope="session")
def link_settings(valkey_url: str) -> Settings:
    return Settings(redis_url=valkey_url, secret_key="k" * 32, link_url="https://sl.test", misses_per_minute=0)


@pytest.fixture(scope="session")
def served(link_settings: Settings) -> Iterator[dict[str, WireDoor]]:
    """Both doors, for all tests that need nothing special of them."""
    # Waiting for long: what is asked of them is not how they do on a busy machine.
    waits = 5.0
    with flask_door(link_settings, waits_seconds=waits) as one, async_door(link_settings, waits_seconds=waits) as other:
        yield {"flask": one, "async": other}


@pytest.fixture
def own(served: dict[str, WireDoor]) -> WireDoor:
    """The redirect door, which speaks HTTP itself."""
    return served["async"]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, served: dict[str, WireDoor]) -> WireDoor:
    """Each of the two doors that answer short links."""
    return served[request.param]


@pytest.fixture(params=DOORS)
def open_door(request: pytest.FixtureRequest, link_settings: Settings) -> Callable[..., Any]:
    """Open each kind of door with some settings changed, as a context manager."""
    kind = DOORS[request.param]

    def opened(*, waits_seconds: float | None = 5.0, **changes: Any) -> Any:
        return kind(replace(link_settings, **changes), waits_seconds=waits_seconds)

    return opened


@pytest.fixture
def services(link_settings: Settings, store: redis.Redis) -> Services:
    return build(link_settings)


@pytest.fixture
def tracked(services: Services) -> Message:
    """A message with a short link."""
    message = make_message()
    services.messages.add(message, link_start=link_start(message), today=0)
    return services.messages.get(message.id)


@pytest.fixture
def link_of(services: Services, tracked: Message) -> Callable[[], ShortLink]:
    """Read the tracked message's link anew."""

    def read() -> ShortLink:
        link = services.messages.get(tracked.id).link
        assert link is not None
        return link

    return read
