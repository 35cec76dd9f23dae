"""The crew that attends to messages."""

from __future__ import annotations

import threading

from shortlink.bootstrap.sendings import build_send_desk
from shortlink.config import Settings
from shortlink.telemetry.spans import traced
from shortlink.use_cases.attend_message import attend_message
from worker.crew import Crew
from worker.rest import rest
from worker.trouble_log import TroubleLog


def make_message_crew(settings: Settings, *, closing: threading.Event, trouble: TroubleLog) -> Crew:
    """Make the crew; each of its jobs waits for the carrier's pace."""
    desk = build_send_desk(settings, sleep=lambda seconds: rest(seconds, closing.is_set))
    return Crew(
        traced("attend message", lambda code: attend_message(code, desk)),
        size=settings.worker_threads,
        pace=desk.pace.wait_for,
        closing=closing,
        trouble=trouble,
    )
