"""The crew that delivers callbacks."""

from __future__ import annotations

import threading

from shortlink.bootstrap.callbacks import build_callback_desk
from shortlink.config import Settings
from shortlink.telemetry.spans import traced
from shortlink.use_cases.deliver_callback import deliver_callback
from worker.crew import Crew
from worker.trouble_log import TroubleLog


def make_callback_crew(settings: Settings, *, closing: threading.Event, trouble: TroubleLog) -> Crew:
    """Make the crew."""
    desk = build_callback_desk(settings)
    return Crew(
        traced("deliver callback", lambda member: deliver_callback(member, desk)),
        size=settings.worker_threads,
        closing=closing,
        trouble=trouble,
    )
