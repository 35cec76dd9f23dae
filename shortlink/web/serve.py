"""What the server's worker processes load."""

from __future__ import annotations

from shortlink.bootstrap import build, build_line, read_telemetry
from shortlink.config import Settings
from shortlink.lifeline import die_with_parent
from shortlink.telemetry import start_telemetry
from shortlink.use_cases.replay_clicks import start_replay
from shortlink.web.app import create_app
from shortlink.web.door import ApiDoor
from shortlink.web.express import ExpressLane
from shortlink.web.metering import start_metering


def make_api() -> ApiDoor:
    """Make the API door for this worker process."""
    settings = _begin("web")
    services = build(settings)
    start_replay(services.link_desk)
    start_metering(services.meter)
    return ApiDoor(create_app(services), ExpressLane(services, build_line(settings)))


def _begin(process: str) -> Settings:
    """Tie this process to its server first: one that was left over would answer beside its successor."""
    die_with_parent()
    settings = Settings.from_env()
    start_telemetry(read_telemetry(settings), process=process)
    return settings
