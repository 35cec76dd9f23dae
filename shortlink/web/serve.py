"""What the server's worker processes load: one factory a door."""

from __future__ import annotations

import logging

from flask import Flask

from shortlink.bootstrap import build, build_line
from shortlink.config import Settings
from shortlink.lifeline import die_with_parent
from shortlink.use_cases.replay_clicks import start_replay
from shortlink.web.app import create_app, create_link_app
from shortlink.web.door import ApiDoor
from shortlink.web.express import ExpressLane
from shortlink.web.metering import start_metering
from shortlink.web.stopping import repeat_stop_signals

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


def make_api() -> ApiDoor:
    """Make the API door for this worker process."""
    settings = _begin()
    services = build(settings)
    start_replay(services.link_desk)
    start_metering(services.meter)
    return ApiDoor(create_app(services), ExpressLane(services, build_line(settings)))


def make_link() -> Flask:
    """Make the link door for this worker process."""
    services = build(_begin())
    start_replay(services.link_desk)
    start_metering(services.meter)
    return create_link_app(services)


def _begin() -> Settings:
    """Tie this process to its server first: one that was left over would answer beside its successor."""
    die_with_parent()
    repeat_stop_signals()
    settings = Settings.from_env()
    logging.basicConfig(level=settings.log_level, format=LOG_FORMAT)
    return settings
