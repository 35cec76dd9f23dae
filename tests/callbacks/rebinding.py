"""The trap of T8: a network of our own with canaries on its inner addresses, and names that lead there.

`python -m tests.callbacks.rebinding` springs it and prints what was seen as JSON. Exit code 77: this system does not
let us have a network of our own.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import tempfile
import time
from collections import Counter
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

from tests.callbacks.isolation import NotIsolated, isolate
from tests.callbacks.name_server import NameServer, Zone

IMPOSSIBLE = 77
PORTS = (80, 443, 8080)
ORIGINS = ("http://{}/hook", "http://{}:8080/hook")
TIMES = 4  # at least, each name is called at each of its origins
TIMEOUT_SECONDS = 5.0
PUBLIC, PUBLIC6 = "45.60.70.80", "2a01:4f8::45"
INNER = [
    *("10.1.2.3", "172.16.0.9", "192.168.1.10", "169.254.169.254", "100.64.0.7", "168.63.129.16"),
    *("198.18.0.3", "192.0.0.8", "fd00::5", "fec0::5", "2002:7f00:1::1", "64:ff9b::7f00:1"),
]
LOCAL = ["127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::ffff:127.0.0.1", "::ffff:10.1.2.3"]  # there without our doing
ALL_INNER = [*INNER, *LOCAL]
CONTROLS = ("control.test.example", "control6.test.example", "control-alias.test.example")
ZONE: Zone = {
    "control.test.example": [[PUBLIC]],
    "control6.test.example": [[PUBLIC6]],
    "control-alias.test.example": [["control.test.example"]],
    "alternating.test.example": [turn for inner in ALL_INNER for turn in ([PUBLIC, PUBLIC6], [inner])],
    "rebinding.test.example": [[PUBLIC]] + [[inner] for inner in ALL_INNER],
    "inside.test.example": [[inner] for inner in ALL_INNER],
    "mixed.test.example": [[PUBLIC, inner, PUBLIC6] for inner in ALL_INNER],
    "mixed-inside-first.test.example": [[inner, PUBLIC, PUBLIC6] for inner in ALL_INNER],
    "alias.test.example": [["inside.test.example"]],
    "alias-of-localhost.test.example": [["localhost"]],
    "alias-of-an-alias.test.example": [["alias.test.example"], ["control-alias.test.example"]],
    "alternating-alias.test.example": [["control.test.example"], ["inside.test.example"]],
    "localhost": [["127.0.0.1", "::1"]],
}
TRAPS = [name for name in ZONE if "." in name and name not in CONTROLS]


class Canaries:
    """Listens on every address there is; counts connections by the address that was dialled."""

    def __init__(self) -> None:
        self.connections: Counter[str] = Counter()
        for port in PORTS:
            listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
            Thread(target=self._serve, args=(listener,), name=f"canaries on {port}", daemon=True).start()

    def take(self, expected: int) -> int:
        """Wait for so many connections, count them and forget them."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (count := self.connections.total()) < expected and time.monotonic() < deadline:
            time.sleep(0.01)
        self.connections.clear()
        return count

    def _serve(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            self.connections[connection.getsockname()[0].removeprefix("::ffff:")] += 1
            Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    with contextlib.suppress(OSError), connection:
        connection.settimeout(5)
        connection.recv(65536)
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )


def spring() -> dict[str, object]:
    """Call every name again and again with the real sender; say what each call brought, and who was dialled."""
    from shortlink.callbacks.safe_post import safe_post  # noqa: PLC0415, isolation must come before threads do
    from shortlink.callbacks.unwrapper import Unwrapper  # noqa: PLC0415

    servers, canaries = NameServer(ZONE), Canaries()
    for port in PORTS:
        socket.create_connection(("inside.test.example", port), 5).close()  # the trap itself works
    trapped = canaries.take(len(PORTS))
    told: dict[str, Counter[str]] = {}
    for name in (*CONTROLS, *TRAPS):
        for origin in ORIGINS:
            for _ in range(max(TIMES, len(ZONE[name]))):
                attempt = safe_post(
                    origin.format(name), b"{}", {}, timeout_seconds=TIMEOUT_SECONDS, allowed_networks=()
                )
                told.setdefault(name, Counter())[str(attempt.status_code or attempt.error)] += 1
    asked = {name: servers.times_asked(name) for name in ZONE}
    # Everybody listening answers with a redirect to 127.0.0.1, and here every address is a shortener's.
    unwrapper = Unwrapper(is_shortener=lambda _: True)
    unwrapped = {name: unwrapper.unwrap(f"http://{name}/x") for name in (*CONTROLS, *TRAPS)}
    return {
        "trapped": trapped,
        "told": told,
        "dialled": canaries.connections,
        "unwrapped": unwrapped,
        "asked": asked,
        "given": servers.given,
    }


def main() -> int:
    """Make the network, put our resolver's files over the system's, spring the trap."""
    with tempfile.TemporaryDirectory() as folder:
        files = {
            Path("/etc/resolv.conf"): "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n",
            Path("/etc/nsswitch.conf"): "hosts: files dns\n",
            Path("/etc/hosts"): "127.0.0.1 loopback\n",
        }
        ours = {}
        for over, text in files.items():
            if over.exists():
                ours[over] = Path(folder) / over.name
                ours[over].write_text(text)
        try:
            isolate([ip_address(one) for one in (PUBLIC, PUBLIC6, *INNER)], ours)
        except NotIsolated as error:
            print(error, file=sys.stderr)
            return IMPOSSIBLE
        print(json.dumps(spring()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
