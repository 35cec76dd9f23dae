"""Make a request to stop count: the server's worker process can miss the signal."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

_STOP = frozenset({signal.SIGTERM, signal.SIGINT})
_PAUSE_SECONDS = 0.1


def repeat_stop_signals() -> None:
    """Once a signal asked this process to stop, send it again ten times a second until the process has ended.

    granian 2.8.7 forgets a stop signal that reaches a worker while it accepts a connection (one in ten did, under
    steady requests). The worker would serve on until its server kills it, with the requests in flight. A repeated
    signal does no harm to a worker that drains. Call it from the main thread.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_repeat, args=(reader, writer), name="stopping", daemon=True).start()


def _repeat(reader: socket.socket, _writer: socket.socket) -> None:
    """Wait for a stop signal's number on the wakeup socket, whose other end must stay open for the interpreter."""
    number = 0
    while number not in _STOP:
        number = reader.recv(1)[0]
    while True:
        time.sleep(_PAUSE_SECONDS)
        os.kill(os.getpid(), number)
