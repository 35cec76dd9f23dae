"""Ports on loopback: finding free ones, and asking whether somebody answers there."""

from __future__ import annotations

import http.client
import socket

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Pick ports that nobody listens on; held together, so that they differ."""
    held = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [int(server.getsockname()[1]) for server in held]
    for server in held:
        server.close()
    return ports


def answers(port: int, path: str) -> bool:
    """Whether a server says 200 there."""
    line = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        line.request("GET", path)
        return line.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def accepts(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection((HOST, port), timeout=2).close()
    except OSError:
        return False
    return True
