"""An archive to keep in order, with its files in a folder or in a bucket, and what happened in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.day_files import DayFiles
from shortlink.archive.event_days import EventDays
from shortlink.archive.events import EventLog
from shortlink.archive.retention import Retention
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, EventType
from shortlink.domain.message_id import new_message_id
from shortlink.use_cases.file_away import FileDesk
from tests.factories import MINT
from tests.use_cases.keep_archive.filed import KEPT, PERSON, SID, TODAY, Happen, in_bucket


@pytest.fixture
def log(archive: Archive) -> EventLog:
    return EventLog(archive)


@pytest.fixture(params=["folder", "bucket"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> DayFiles:
    """Keep files in the archive's folder, or in a bucket."""
    if request.param == "folder":
        return DayFiles(tmp_path)
    return in_bucket(tmp_path, request.getfixturevalue("bucket"))


@pytest.fixture
def desk(archive: Archive, files: DayFiles) -> FileDesk:
    return FileDesk(events=EventDays(archive), files=files, retention=Retention(archive), rules=KEPT)


@pytest.fixture
def happen(log: EventLog) -> Happen:
    """Keep a click or, of a person who wrote, an answer of so many days ago; everything is complete but today."""

    def put(days_ago: int, *, number: str = PERSON, text: str | None = None) -> Event:
        at, code = (TODAY - days_ago) * DAY_MS, MINT.draw()
        about: dict[str, Any] = {"message_id": new_message_id(code), "code": code} if text is None else {}
        event = Event(
            id=f"a{at}-0",
            type=EventType.LINK_CLICKED if text is None else EventType.MESSAGE_RECEIVED,
            at=at,
            account=SID,
            recipient=number,
            data={"first": True} if text is None else {"text": text},
            **about,
        )
        log.append([event], complete=TODAY - 1)
        return event

    return put
