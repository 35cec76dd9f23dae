"""Measure the requests of a door, and add the figures to the store every few seconds."""

from __future__ import annotations

import logging
import threading
import time

from flask import Flask, Response, g, request

from shortlink.domain.errors import StoreUnavailable
from shortlink.use_cases.measure_requests import RequestMeter

log = logging.getLogger(__name__)
PUSH_SECONDS = 5.0
# By endpoint. Whatever else is asked for is counted as `other`, so that no name of a caller's makes a new series.
_KINDS = {
    "links.follow": "redirect",
    "xoxzo.send": "send",
    "xoxzo.send_batch": "batch",  # takes as long as a thousand sends
    "xoxzo.read": "status",
    "xoxzo.list_sent": "list",
}
_KINDS_OF_ROOMS = {
    "alive": "health",
    "ready": "health",
    "metrics": "health",
    "receipts": "receipt",
    "inbound": "inbound",
    "dashboard": "dashboard",
    "events": "events",
    "logfiles": "logs",
    "webhooks": "webhooks",
    "xoxzo": "api",
}


def register_metering(app: Flask, meter: RequestMeter) -> None:
    """Make an app note how long each of its answers takes."""

    def begin() -> None:
        g.began = time.perf_counter()

    def note(response: Response) -> Response:
        meter.note(_kind(), response.status_code, time.perf_counter() - g.began)
        return response

    app.before_request(begin)
    app.after_request(note)


def start_metering(meter: RequestMeter) -> None:
    """Add what was noted to the store's figures, for as long as this process lives."""

    def run() -> None:
        pause = threading.Event()
        while True:
            pause.wait(PUSH_SECONDS)
            push_once(meter)

    threading.Thread(target=run, name="metering", daemon=True).start()


def push_once(meter: RequestMeter) -> None:
    """Add what was noted; never raises, because nobody would notice the thread's end."""
    try:
        meter.push()
    except StoreUnavailable:
        log.debug("store away; the figures wait")
    except Exception:  # a fault in the figures ends neither the thread nor the door
        log.exception("adding figures failed; they are tried again")


def _kind() -> str:
    if "measured_as" in g:
        return str(g.measured_as)
    endpoint = request.endpoint or ""
    return _KINDS.get(endpoint) or _KINDS_OF_ROOMS.get(endpoint.partition(".")[0], "other")
