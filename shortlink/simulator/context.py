"""What the views share: the simulation of the app they run in, and the way to hang up on a client."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import cast

from flask import Response, current_app, request

from shortlink.simulator.simulation import Simulation


def simulation() -> Simulation:
    """Return the simulation that the current app serves."""
    return cast(Simulation, current_app.extensions["simulation"])


def hang_up() -> Response:
    """Close the client's connection without an answer; the returned response never leaves.

    Raises KeyError under a server other than ours.
    """
    connection: socket.socket = request.environ["werkzeug.socket"]
    with suppress(OSError):  # the client may have gone before us
        connection.shutdown(socket.SHUT_RDWR)
    return Response(status=500)
