"""What leaves the archive with time, also when it comes late."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.messages import MessageIndex
from shortlink.archive.retention import Retention
from shortlink.archive.schema import _LATE_NUMBERS, STEPS
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import EventType
from tests.archive.conftest import DAY, NOON, SID, MakeEvent, Meet

TODAY = DAY + 30


def test_a_number_met_when_those_of_its_day_are_gone_is_not_kept(
    archive: Archive, log: EventLog, index: MessageIndex, meet: Meet, make: MakeEvent
) -> None:
    log.open()
    Retention(archive).blank_numbers(before=TODAY - 10)
    for days in (11, 10):
        accepted_at = NOON + (TODAY - DAY - days) * DAY_MS
        meet(accepted_at=accepted_at)
        wrote = make(EventType.MESSAGE_RECEIVED, at=accepted_at, recipient="+819012345678", data={"text": "I am Taro"})
        log.append([wrote])
    assert [row.recipient for row in index.search(SID)] == ["+818011234567", ""]
    assert [(event.recipient, event.data) for event in log.page(SID).events] == [
        ("", {}),
        ("+819012345678", {"text": "I am Taro"}),
    ]


def test_a_text_that_comes_when_those_of_its_day_are_gone_is_not_kept_and_its_number_is(
    archive: Archive, log: EventLog, make: MakeEvent
) -> None:
    log.open()
    Retention(archive).blank_texts(before=DAY + 1)
    log.append([make(EventType.MESSAGE_RECEIVED, recipient="+819012345678", data={"text": "I am Taro", "keyword": ""})])
    [event] = log.page(SID).events
    assert (event.recipient, event.data) == ("+819012345678", {"keyword": ""})


def test_what_came_late_to_an_older_version_goes_when_the_archive_is_brought_up_to_date(
    archive: Archive, index: MessageIndex, log: EventLog
) -> None:
    archive.folder.mkdir()
    with closing(sqlite3.connect(archive.path)) as old:
        steps = STEPS[: STEPS.index(_LATE_NUMBERS)]
        for step in steps:
            old.executescript(step)
        old.execute("INSERT INTO accounts VALUES (1, ?)", (SID,))
        old.execute("INSERT INTO facts VALUES ('numbers', ?)", (DAY,))
        for n, day in enumerate((DAY, DAY + 1), start=1):
            old.execute(
                "INSERT INTO messages (n, code, id, account, recipient, sender, tags, status, accepted_at, segments,"
                " cost)"
                " VALUES (?, 'c', 'm', 1, '+818011234567', 's', '', 'a', ?, 1, 1)",
                (n, day * DAY_MS),
            )
            old.execute(
                "INSERT INTO events (id, type, at, day, account, recipient, data) VALUES ('i', 8, 1, ?, 1, ?, ?)",
                (day, "+819012345678", '{"text":"I am Taro"}'),
            )
        old.execute(f"PRAGMA user_version = {len(steps)}")
        old.commit()
    log.open()
    assert [row.recipient for row in index.search(SID)] == ["+818011234567", ""]
    assert [(event.recipient, event.data) for event in log.page(SID).events] == [
        ("", {}),
        ("+819012345678", {"text": "I am Taro"}),
    ]


def test_a_message_stays_until_the_end_of_its_link_is_told(
    archive: Archive, index: MessageIndex, log: EventLog, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shortlink.archive.retention.STEP", 2)
    log.open()
    alive = [meet().message_id for _ in range(3)]
    for _ in range(3):
        meet(link=None, expires_at=None)
    retention = Retention(archive)
    assert retention.forget_messages(before=TODAY) == 3
    assert {row.id for row in index.search(SID)} == set(alive)
    log.append(index.to_expire(NOON + 90 * DAY_MS, most=10))
    assert [event.type for event in log.page(SID).events] == [EventType.LINK_EXPIRED] * 3
    assert (retention.forget_messages(before=TODAY), index.search(SID)) == (3, [])


def test_an_end_that_was_told_is_not_told_again_of_a_message_that_is_met_again(
    archive: Archive, index: MessageIndex, log: EventLog, meet: Meet
) -> None:
    forgotten = meet()
    log.append(index.to_expire(NOON + 90 * DAY_MS, most=10))
    Retention(archive).forget_messages(before=TODAY)
    alive = meet(expires_at=NOON + 91 * DAY_MS)
    log.append([], met=[forgotten])  # its record lives on, and something more became of it
    assert [event.message_id for event in index.to_expire(NOON + 92 * DAY_MS, most=10)] == [alive.message_id]
    Retention(archive).forget_messages(before=TODAY)
    assert [row.id for row in index.search(SID)] == [alive.message_id]
