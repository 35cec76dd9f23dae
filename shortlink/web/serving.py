"""One process of the API door: its event loop, from the first connection to the last."""

from __future__ import annotations

import asyncio
import socket

from shortlink.bootstrap.doors import build, build_line
from shortlink.bootstrap.telemetry import read_telemetry
from shortlink.config import Settings
from shortlink.http1.server import Limits, Server, loop_factory, serve_until_told
from shortlink.telemetry import start_telemetry, stop_telemetry
from shortlink.telemetry.log_aside import log_aside
from shortlink.use_cases.replay_clicks import start_replay
from shortlink.web.app import create_app
from shortlink.web.door import ApiDoor
from shortlink.web.express import ExpressLane
from shortlink.web.metering import start_metering
from shortlink.web.wsgi_bridge import WsgiBridge

PROCESS = "web"
# A thousand messages are up to two megabytes, and a long log takes its time to begin.
LIMITS = Limits(body_seconds=60.0, answer_seconds=120.0)


def serve(settings: Settings, listening: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT, and finish what is under way."""
    start_telemetry(read_telemetry(settings), process=PROCESS)  # its threads would not outlive the fork
    with log_aside():
        services = build(settings)
        start_replay(services.link_desk)
        start_metering(services.meter)
        host, port = listening.getsockname()[:2]
        bridge = WsgiBridge(create_app(services), host=host, port=port)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_serve(ApiDoor(bridge, ExpressLane(services, build_line(settings))), listening))
    stop_telemetry()  # a fork ends without what was left to do at its end


async def _serve(door: ApiDoor, listening: socket.socket) -> None:
    await serve_until_told(Server(door, LIMITS), listening)
    door.close()
