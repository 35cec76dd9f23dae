"""The wire under a callback: dialled only to addresses that were checked, and cut off at a deadline.

Time limits of sockets count anew with every byte that arrives, so a server that drips could hold a worker for
ever. Here each read and write gets what is left of one deadline; no thread watches, and none can leak.
"""

from __future__ import annotations

import functools
import io
import logging
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse, parse_headers
from typing import Any

import certifi
import ssrfguard
from requests.adapters import HTTPAdapter
from ssrfguard.requests import SafeAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from shortlink.callbacks.deadline import Deadline
from shortlink.callbacks.look_up import Answers

MAX_WIRE_BYTES = 64 * 1024  # of an answer, headers included


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Return the one TLS set-up: certificates are checked against certifi's list, TLS 1.2 at least.

    Reading the list takes longer than a handshake, and a context may be shared by threads as long as nobody
    changes it. urllib3 does change the one it is given at each connection, so it is never given this one.
    """
    return ssl.create_default_context(cafile=certifi.where())


class TimedSocket:
    """What an HTTP connection needs of a socket, each call bounded by the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it or raise."""
        self._sock.settimeout(self._deadline.remaining())
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the reading side; it keeps the socket open after `close`, as a real socket's file does."""
        return io.BufferedReader(_TimedReader(self._sock, self._deadline))

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: the deadline rules, whatever the client would like."""

    def close(self) -> None:
        """Close the socket, as soon as its reader is closed too."""
        self._sock.close()


class _TimedReader(io.RawIOBase):
    """Reads a socket until the deadline or MAX_WIRE_BYTES."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self._sock = sock
        self._deadline = deadline
        self._file = sock.makefile("rb", buffering=0)
        self._left = MAX_WIRE_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._left <= 0:
            raise OSError("the answer is too long")
        self._sock.settimeout(self._deadline.remaining())
        count = self._file.readinto(buffer)
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _FinalResponse(HTTPResponse):
    """Reads past interim answers of every kind (RFC 9110, 15.2); Python's own skips 100 alone."""

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # undocumented, as is `begin`'s loop
            if not 101 < status < 200:
                return version, status, reason
            parse_headers(self.fp)


class _Call(threading.local):
    """What the call of this thread may dial, and until when it has to be over; there is one at a time."""

    answers: Answers
    deadline: Deadline


_call = _Call()


class _TimedConnection(HTTPConnection):
    """A connection whose socket obeys the deadline; mixed in front of ssrfguard's pinned connections."""

    response_class = _FinalResponse

    def connect(self) -> None:
        deadline = _call.deadline
        sock = self._new_conn()  # ssrfguard's: checks the address once more and dials exactly that
        try:
            sock.settimeout(deadline.remaining())  # for the whole handshake
            if isinstance(self, HTTPSConnection):
                sock = tls_context().wrap_socket(sock, server_hostname=self.host)
                self.is_verified = True
        except BaseException:  # on a busy machine, time can be up just now; nobody else knows of the socket yet
            sock.close()
            raise
        self.sock = TimedSocket(sock, deadline)


class Wire:
    """How calls under one policy reach the network; safe for many threads.

    Its kinds of connection are made once: that takes a sixth of a callback's processor time. Nothing else is shared:
    each call has an adapter of its own, so that no cookie, connection or setting passes between customers.
    """

    def __init__(self, policy: ssrfguard.Policy) -> None:
        self.policy = policy
        guarded = SafeAdapter(policy=policy, resolver=lambda *_: _call.answers)
        pools = guarded.poolmanager.pool_classes_by_scheme
        self._pools = {scheme: _timed(pool) for scheme, pool in pools.items()}

    @contextmanager
    def adapter(self, answers: Answers, deadline: Deadline) -> Iterator[SafeAdapter]:
        """Give the transport of one call of this thread: it dials only these answers and is over by the deadline."""
        _call.answers, _call.deadline = answers, deadline
        adapter = _CallAdapter(self.policy, self._pools)
        try:
            yield adapter
        finally:
            adapter.close()
            del _call.answers, _call.deadline


class _CallAdapter(SafeAdapter):
    """An adapter for one connection, whose kinds were made before."""

    def __init__(self, policy: ssrfguard.Policy, pools: Mapping[str, Any]) -> None:
        self._pools = pools
        super().__init__(policy=policy, pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Take the kinds that are there, where ssrfguard would make its own."""
        HTTPAdapter.init_poolmanager(self, *args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _timed(pool: Any) -> Any:
    connection = type("TimedConnection", (_TimedConnection, pool.ConnectionCls), {})
    return type("TimedPool", (pool,), {"ConnectionCls": connection})


def _drop(_record: logging.LogRecord) -> bool:
    return False


# urllib3 logs whole URLs: of each request at DEBUG, of odd headers at WARNING. A query may hold a secret.
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_drop)
