"""A rest in the main thread."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from worker.rest import rest


@pytest.fixture
def told() -> Iterator[threading.Event]:
    """An event that SIGTERM sets."""
    event = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: event.set())
    yield event
    signal.signal(signal.SIGTERM, before)


def test_a_signal_ends_a_rest(told: threading.Event) -> None:
    began = time.monotonic()
    threading.Timer(0.2, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
    rest(60, told.is_set)
    assert told.is_set()
    assert time.monotonic() - began < 30


def test_a_rest_that_nobody_ends_takes_its_time(told: threading.Event) -> None:
    began = time.monotonic()
    rest(0.25, told.is_set)
    assert time.monotonic() - began >= 0.25
    assert not told.is_set()
