"""The signals that stop a process of this package."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def stop_on_signals(stop: Callable[..., Any]) -> None:
    """Call `stop` on SIGTERM, SIGINT and SIGHUP; where `nohup` had SIGHUP ignored, it stays so."""
    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)
