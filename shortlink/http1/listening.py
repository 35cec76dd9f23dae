"""Listening sockets that share one port, which belongs to nobody else."""

from __future__ import annotations

import errno
import socket
import time
from contextlib import ExitStack

from shortlink.http1.server import BACKLOG

MOST_PORT = 65_535
PORT_PATIENCE_SECONDS = 3.0  # the port of a door that was just killed may be held a moment longer


def open_sockets(host: str, port: int, count: int) -> list[socket.socket]:
    """Open listening sockets that share a port; a port of 0 picks a free one. Raises OSError when it is taken."""
    if not 0 <= port <= MOST_PORT:
        raise OSError(errno.EINVAL, f"a port is a number from 0 to {MOST_PORT}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    port = _claim(family, host, port)
    with ExitStack() as opened:  # closes them all when one of them fails
        listening = [opened.enter_context(_socket(family)) for _ in range(count)]
        for one in listening:
            if count > 1:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind((host, port))
            one.listen(BACKLOG)
        opened.pop_all()
    return listening


def _socket(family: socket.AddressFamily) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return one


def _claim(family: socket.AddressFamily, host: str, port: int) -> int:
    """Make sure that nobody else listens there: sockets that share a port would share it with a stranger's too."""
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while True:
        with _socket(family) as probe:
            try:
                probe.bind((host, port))
                return int(probe.getsockname()[1])
            except OSError:
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.1)
