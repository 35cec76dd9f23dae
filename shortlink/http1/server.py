"""All connections of one process: how many, how long, and their end."""

from __future__ import annotations

import asyncio
import gc
import logging
import resource
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from shortlink.http1.connection import Connection
from shortlink.http1.exchange import Door
from shortlink.http1.places import Places
from shortlink.http1.room import Room
from shortlink.http1.timed_connection import TimedConnection
from shortlink.http1.wire import end_of_head

BACKLOG = 1024
DRAIN_SECONDS = 6.0
TURNS_TO_BEGIN = 3
HELD_BACK = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)  # by who forks, until a process minds them
OTHER_FILES = 64  # that a process has open beside its connections
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a client may take."""

    connections: int = 10_000
    held_bytes: int = 256 * 1024 * 1024  # of all heads that are not whole, and of all bodies that have no answer yet
    waiting_bytes: int = 256 * 1024 * 1024  # of what was sent ahead, and of answers to clients that do not take them
    head_seconds: float = 15.0  # for a head to come, however slowly
    head_grace_seconds: float = 2.0  # after which others go first, where there are too many
    body_seconds: float = 15.0  # for a body
    idle_seconds: float = 75.0  # between two requests
    answer_seconds: float = 30.0  # for the door, for an answer or the next piece of one
    write_seconds: float = 15.0  # for a client to take its answers
    stream_seconds: float = 3600.0  # for the whole of an answer in pieces: what it is made of is held open meanwhile
    linger_seconds: float = 2.0  # for a client to hear why it was refused
    parting_seconds: float = 0.5  # for what idle clients have just sent, when this process is to end
    sweep_seconds: float = 0.5  # between two looks at the clock for everybody: how exact the others are


class Server:
    """Serves a door on a listening socket, on the running event loop."""

    def __init__(self, door: Door, limits: Limits) -> None:
        self.door = door
        self.limits = limits
        self.now = time.monotonic()  # as of the last sweep: good enough, and costs nothing
        self.end_of_head = end_of_head()
        self.is_draining = False
        most = min(limits.connections, _open_files(limits.connections + OTHER_FILES) - OTHER_FILES)
        self._places = Places(most)
        self.unfinished = Room(limits.held_bytes)  # by what has come
        self.waiting = Room(limits.waiting_bytes)
        self._emptied = asyncio.Event()
        self._listening: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None

    async def start(self, listening: socket.socket) -> None:
        """Begin to accept connections."""
        loop = asyncio.get_running_loop()
        self._sweep()
        self._listening = listening
        self._listener = await loop.create_server(lambda: Connection(self), sock=listening, backlog=BACKLOG)

    async def stop(self, *, within_seconds: float) -> bool:
        """Accept nothing more, finish what is under way, and say whether all of it was finished in time.

        Who is silent is let go a moment later: a request may be on its way, and closing at once would answer it with
        a broken connection. Who is in the middle of a body has the whole time, and is then told that it was not heard.
        """
        await self._let_in_who_queues()
        self.is_draining = True
        if self._listener is not None:
            self._listener.close()
        for _ in range(TURNS_TO_BEGIN):  # what was accepted last is not among the connections yet
            await asyncio.sleep(0)
        parting = min(self.limits.parting_seconds, within_seconds / 2)
        hearing = (within_seconds - parting) / 10  # what it takes to hear a refusal
        if not await self._is_emptied(within_seconds=parting):
            self._drain_all(waiting_for_bodies=True)
            if not await self._is_emptied(within_seconds=within_seconds - parting - hearing):
                self._drain_all(waiting_for_bodies=False)
                await self._is_emptied(within_seconds=hearing)
        if self._sweeper is not None:
            self._sweeper.cancel()
        return not self._places

    async def _let_in_who_queues(self) -> None:
        """Accept who is connected already: closing would break these connections. A turn accepts one or more of them.

        Python's own event loop takes some turns more until one is accepted whole, and drops it if the listener is
        closed by then. Those who keep on coming do not keep this up for ever.
        """
        queue = select.poll()
        if self._listening is not None:
            queue.register(self._listening, select.POLLIN)
        quiet = 0
        for _ in range(BACKLOG):
            await asyncio.sleep(0)
            quiet = 0 if queue.poll(0) else quiet + 1
            if quiet == TURNS_TO_BEGIN:
                return

    async def _is_emptied(self, *, within_seconds: float) -> bool:
        """Wait until no connection is left, at most so long."""
        if self._places:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), within_seconds)
        return not self._places

    def admit(self, connection: TimedConnection) -> bool:
        """Keep a connection; False when there are too many, none of which can be asked to go."""
        return self._places.take(connection)

    def forget(self, connection: TimedConnection) -> None:
        """Let go of a connection that is closed."""
        self._places.leave(connection)
        if self.is_draining and not self._places:
            self._emptied.set()

    def _sweep(self) -> None:
        """Look at the clock for everybody, and end what took too long."""
        self._sweeper = asyncio.get_running_loop().call_later(self.limits.sweep_seconds, self._sweep)
        self.now = time.monotonic()
        self.end_of_head = end_of_head()
        for connection in [one for one in self._places if one.deadline < self.now]:
            self._end(connection)
        self._places.clear_some()

    def _end(self, connection: TimedConnection) -> None:
        """End a connection that took too long; a fault with one is not the others' to bear."""
        try:
            connection.lose_patience()
        except Exception:  # whatever it is: the others' time limits and the Date header hang on this timer
            log.exception("a connection that took too long could not be ended; it is tried again later")
            connection.deadline = self.now + self.limits.write_seconds

    def _drain_all(self, *, waiting_for_bodies: bool) -> None:
        for connection in self._places:
            self._drain(connection, waiting_for_bodies=waiting_for_bodies)

    def _drain(self, connection: TimedConnection, *, waiting_for_bodies: bool) -> None:
        """Let go of a connection as soon as nothing is under way; a fault with one is not the others' to bear."""
        try:
            connection.drain(waits_for_body=waiting_for_bodies)
        except Exception:  # whatever it is: the others are to be told, too
            log.exception("a connection could not be let go; the next look at the clock ends it")
            connection.deadline = self.now


def _open_files(wanted: int) -> int:
    """Return how many files this process may have open: as many as are wanted, if the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return wanted if soft == resource.RLIM_INFINITY else soft


async def serve_until_told(server: Server, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, and finish what is under way; a signal that was held back until now counts."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)
    await server.start(listening)
    gc.freeze()  # what is here now stays: it need not be looked at again and again
    await told.wait()
    if not await server.stop(within_seconds=DRAIN_SECONDS):
        log.warning("stopped with connections that did not end in time")


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Take uvloop, which does the same at twice the speed, wherever there is one."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return None
    make: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return make
