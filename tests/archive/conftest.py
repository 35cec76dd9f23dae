"""An archive in a folder of its own, and a way to fill it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.messages import MessageIndex
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, EventType, MetMessage
from tests.factories import make_met

SID = "SLtestaccount"
DAY = 20_000
NOON = DAY * DAY_MS + DAY_MS // 2
MakeEvent = Callable[..., Event]
Meet = Callable[..., MetMessage]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@pytest.fixture
def log(archive: Archive) -> EventLog:
    return EventLog(archive)


@pytest.fixture
def days(archive: Archive) -> EventDays:
    return EventDays(archive)


@pytest.fixture
def index(archive: Archive) -> MessageIndex:
    return MessageIndex(archive)


@pytest.fixture
def figures(archive: Archive) -> Figures:
    return Figures(archive)


@pytest.fixture
def meet(log: EventLog) -> Meet:
    """Let the archive meet a message."""

    def put(**changes: Any) -> MetMessage:
        values = {
            "account": SID,
            "accepted_at": NOON,
            "link": "https://shop.test/sale?id=7",
            "expires_at": NOON + 90 * DAY_MS,
        }
        met = make_met(**(values | changes))
        log.append([], met=[met])
        return met

    return put


@pytest.fixture
def make() -> MakeEvent:
    """Make an event, of a message that was met or of none."""
    numbers = count(1)

    def made(type_: EventType, met: MetMessage | None = None, **changes: Any) -> Event:
        number = next(numbers)
        values: dict[str, Any] = {"id": f"a{NOON + number}-0", "type": type_, "at": NOON + number, "account": SID}
        if met is not None:
            values |= {
                "account": met.account,
                "message_id": met.message_id,
                "code": met.code,
                "recipient": met.recipient,
                "sender": met.sender,
                "tags": met.tags,
            }
        return Event(**(values | changes))

    return made
