"""Questions to a starting process: is the port free, does it listen, what does it say of itself."""

from __future__ import annotations

import errno
import http.client
import json
import socket
from contextlib import suppress

from shortlink.domain.errors import ShortlinkError

_PATIENCE_SECONDS = 2.0


class PortUnusable(ShortlinkError):
    """A port cannot be listened on; `taken` says that somebody else does."""

    def __init__(self, reason: str, *, taken: bool) -> None:
        super().__init__(reason)
        self.taken = taken


def reserve(host: str, port: int) -> socket.socket:
    """Bind a port, any free one for 0, so that a later server on it will not fail; close the socket to give it away.

    Raises PortUnusable.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise PortUnusable(f"{host}: {error.strerror or error}", taken=False) from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: old connections do not count
        bound.bind(address)
        bound.listen(1)  # only then nobody else gets it
    except OSError as error:
        bound.close()
        taken = error.errno == errno.EADDRINUSE
        raise PortUnusable(f"port {port} on {host}: {error.strerror}", taken=taken) from error
    return bound


def accepts(host: str, port: int) -> bool:
    """Whether something listens there."""
    try:
        socket.create_connection((host, port), _PATIENCE_SECONDS).close()
    except OSError:
        return False
    return True


def shortcomings(host: str, port: int, path: str = "/readyz") -> dict[str, str]:
    """Ask a health page what is amiss: nothing when it answers 200, else each part that it does not call ok."""
    line = http.client.HTTPConnection(host, port, timeout=_PATIENCE_SECONDS)
    try:
        line.request("GET", path)
        answer = line.getresponse()
        body = answer.read(65536)
    except (OSError, http.client.HTTPException) as error:
        return {f"port {port}": f"does not answer ({type(error).__name__})"}
    finally:
        line.close()
    return {} if answer.status == 200 else _bad_parts(body) or {path: f"answers {answer.status}"}


def _bad_parts(body: bytes) -> dict[str, str]:
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        checks = json.loads(body)["checks"].items()
        return {str(name): str(word) for name, word in checks if word != "ok"}
    return {}
