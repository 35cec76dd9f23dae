"""The parent: holds the port, and keeps as many processes serving it as were asked for.

It opens one listening socket for each of them, all on one port, and the kernel shares the connections out. The
sockets stay open here, so what waits to be accepted outlives a process that dies. Children are forked, so they share
the memory of what is loaded once.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from shortlink.http1.cores import keep_to, own_cores
from shortlink.http1.listening import open_sockets
from shortlink.http1.server import HELD_BACK
from shortlink.lifeline import die_with_parent, lead

KILL_SECONDS = 7  # for the children to finish; they give up after 6
SHORT_LIFE_SECONDS = 1.0
log = logging.getLogger(__name__)


def serve_port(
    host: str, port: int, processes: int, work: Callable[[socket.socket], None], *, spread: bool = False
) -> int:
    """Serve a port with so many processes until SIGTERM or SIGINT; returns the exit code, 1 where the port is taken."""
    try:
        sockets = open_sockets(host, port, processes)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {host} port {port}: {error.strerror}\n")
        return 1
    return Parent(sockets, work, spread=spread).run()


class Parent:
    """Forks a child for each socket and forks again whatever dies, until told to stop.

    SIGTERM and SIGINT stop all of them once they have finished what is under way. SIGHUP puts new ones in their place:
    old and new share a socket until the old one lets go of it, so nobody is turned away. With `spread`, each child
    keeps to a core of its own where there is one for each, see `own_cores`.
    """

    def __init__(
        self, sockets: list[socket.socket], work: Callable[[socket.socket], None], *, spread: bool = False
    ) -> None:
        self._sockets = sockets
        self._work = work
        self._spread = spread
        self._children: dict[int, tuple[socket.socket, float]] = {}
        self._is_stopping = False
        self._leaving: set[int] = set()  # children that another has replaced

    def run(self) -> int:
        """Run until every child has ended after SIGTERM or SIGINT; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        signal.signal(signal.SIGHUP, self._renew)
        gc.collect()
        gc.freeze()  # a collection in a child would write to every object, and so copy what all of them share
        for listening in self._sockets:
            self._fork(listening)
        while self._children:
            pid = os.waitpid(-1, 0)[0]
            self._note_end(pid)
        return 0

    def _renew(self, *_: object) -> None:
        for pid, (listening, _since) in tuple(self._children.items()):
            if pid not in self._leaving:
                self._leaving.add(pid)
                self._fork(listening)
                self._signal(signal.SIGTERM, pid)

    def _fork(self, listening: socket.socket) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
        try:
            if self._is_stopping:
                return
            lead()
            pid = os.fork()
            if pid == 0:
                self._be_child(listening)
            self._children[pid] = (listening, time.monotonic())
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD_BACK)

    def _be_child(self, listening: socket.socket) -> None:
        code = 1
        try:
            die_with_parent()
            for number in (*HELD_BACK, signal.SIGALRM):
                signal.signal(number, signal.SIG_DFL)
            for other in self._sockets:
                if other is not listening:
                    other.close()
            # Signals wait until the door minds them, see serve_until_told: dying of one now would break the
            # connections that queue here already.
            if self._spread:
                self._find_core(listening)
            self._work(listening)
            code = 0
        except BaseException:
            log.exception("a process of the door failed")
        finally:
            sys.stderr.flush()
            os._exit(code)  # a child must never return into its parent's code

    def _find_core(self, listening: socket.socket) -> None:
        if cores := own_cores(len(self._sockets)):
            with suppress(OSError):  # it was taken from us just now: any other will do
                keep_to(cores[self._sockets.index(listening)])

    def _note_end(self, pid: int) -> None:
        child = self._children.pop(pid, None)
        if child is None:  # one that somebody else left to this process
            return
        listening, since = child
        if self._is_stopping or pid in self._leaving:
            self._leaving.discard(pid)
            return
        log.warning("a process of the door ended by itself; another takes its place")
        if time.monotonic() - since < SHORT_LIFE_SECONDS:
            time.sleep(SHORT_LIFE_SECONDS)  # one that cannot live must not be started without end
        self._fork(listening)

    def _stop(self, *_: object) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            for listening in self._sockets:
                listening.close()  # with the child's copy, nobody queues up any more
            signal.alarm(KILL_SECONDS)
        self._signal(signal.SIGTERM, *self._children)

    def _kill(self, *_: object) -> None:
        self._signal(signal.SIGKILL, *self._children)

    @staticmethod
    def _signal(number: signal.Signals, *pids: int) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
