"""Health: is this process alive, and can the whole service do its work?"""

from __future__ import annotations

from flask import Blueprint, Response

from shortlink.use_cases.check_readiness import check_readiness
from shortlink.web.answers import json_answer
from shortlink.web.context import services

alive = Blueprint("alive", __name__)
ready = Blueprint("ready", __name__)


@alive.get("/healthz")
def healthz() -> Response:
    """Say that this process answers; asks nobody."""
    return json_answer({"status": "ok"})


@ready.get("/readyz")
def readyz() -> Response:
    """Say part by part whether messages and callbacks will flow: 200 when all is well, else 503."""
    checks = check_readiness(services().presence)
    good = all(word == "ok" for word in checks.values())
    return json_answer({"ready": good, "checks": checks}, 200 if good else 503)
