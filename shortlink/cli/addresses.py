"""Where `shortlink up` listens, and how a local client reaches it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from shortlink.supervisor.probe import PortUnusable, reserve

_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # the wildcards, as the user may give them
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The host to bind and the three ports, all of them real."""

    host: str
    port: int
    link_port: int
    simulator_port: int

    @property
    def local_host(self) -> str:
        """The host by which this machine reaches the ports: a wildcard is no address to connect to."""
        return _LOCAL.get(self.host, self.host)

    @property
    def api_url(self) -> str:
        """The API, from this machine."""
        return self._url(self.port)

    @property
    def link_url(self) -> str:
        """The door of short links, from this machine."""
        return self._url(self.link_port)

    @property
    def simulator_url(self) -> str:
        """The simulator, from this machine."""
        return self._url(self.simulator_port)

    def _url(self, port: int) -> str:
        host = f"[{self.local_host}]" if ":" in self.local_host else self.local_host
        return f"http://{host}:{port}"


def find_addresses(host: str, ports: Mapping[str, int], *, patience_seconds: float = 0.0) -> Addresses:
    """Check that all ports can be listened on, and pick free ones for those that are 0.

    `ports` maps the command's options `--port`, `--link-port` and `--simulator-port` to numbers. A taken port is
    looked at again until the patience ends. Raises PortUnusable that names the option.
    """
    with ExitStack() as held:
        found = {}
        # Fixed ports first, so that no free one is picked that is asked for by number.
        for option, port in sorted(ports.items(), key=lambda pair: pair[1] == 0):
            found[option] = _hold(held, host, option, port, time.monotonic() + patience_seconds)
    return Addresses(
        host=host, port=found["--port"], link_port=found["--link-port"], simulator_port=found["--simulator-port"]
    )


def _hold(held: ExitStack, host: str, option: str, port: int, deadline: float) -> int:
    while True:
        try:
            bound = held.enter_context(reserve(host, port))
        except PortUnusable as error:
            if not error.taken:
                raise PortUnusable(f"{option}: {error}", taken=False) from error
            if time.monotonic() > deadline:
                raise PortUnusable(f"{error}; choose another one with {option}", taken=True) from error
            time.sleep(_LOOK_SECONDS)
        else:
            return int(bound.getsockname()[1])
