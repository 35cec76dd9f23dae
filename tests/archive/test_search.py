"""A search finds the same along whichever index, and looks at few messages."""

from __future__ import annotations

import time
from itertools import product
from pathlib import Path

import pytest

from bench.past import past_days
from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.messages import MessageIndex, Row
from shortlink.archive.rows import number_of_account
from shortlink.archive.search import MANY, Wanted, find_places
from shortlink.domain.message import MessageStatus

SID = "SLsearch"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    archive = Archive(Path(tmp_path_factory.mktemp("search")))
    log = EventLog(archive)
    for sid, a_day in ((SID, 60), ("SLother", 20)):
        for day in past_days(sid, now=int(time.time() * 1000), days=5, a_day=a_day):
            log.append(day.events, met=day.met)
    return archive


@pytest.fixture(scope="module")
def rows(archive: Archive) -> list[Row]:
    return MessageIndex(archive).search(SID, limit=10_000)


def fits(row: Row, wanted: Wanted, status: MessageStatus | None) -> bool:
    return (
        (status is None or row.status is status)
        and (wanted.tag is None or wanted.tag in row.tags)
        and (wanted.clicked is None or (row.first_click_at is not None) is wanted.clicked)
        and (not wanted.submitted or row.submitted_at is not None)
        and (wanted.number is None or row.recipient.startswith(f"+{wanted.number}"))
        and (wanted.ending is None or row.recipient.endswith(wanted.ending))
        and (wanted.since is None or row.accepted_at >= wanted.since)
        and (wanted.until is None or row.accepted_at < wanted.until)
    )


@pytest.mark.parametrize("many", [1, 20, 60, MANY])
def test_all_conditions_apply_whatever_index_is_walked(archive: Archive, rows: list[Row], many: int) -> None:
    middle = rows[len(rows) // 2]
    for tag, status, (clicked, submitted), (number, ending), since in product(
        (None, "tokyo", "nothing"),
        (None, MessageStatus.DELIVERED, MessageStatus.UNDELIVERED, MessageStatus.FAILED),
        ((None, False), (True, False), (False, False), (None, True), (False, True)),
        ((None, None), ("8180", None), ("81801", None), ("1", None), (None, middle.recipient[-4:]), (None, "7")),
        (None, middle.accepted_at),
    ):
        wanted = Wanted(tag=tag, clicked=clicked, submitted=submitted, number=number, ending=ending, since=since)
        with archive.reading() as connection:
            owner = number_of_account(connection, SID)
            for before in (None, middle):
                place = before.n if before else None
                found = find_places(connection, owner, wanted, status=status, before=place, limit=7, many=many)
                expected = [row for row in rows if fits(row, wanted, status)]
                if before:
                    expected = [row for row in expected if (row.accepted_at, row.n) < (middle.accepted_at, middle.n)]
                assert found == [row.n for row in expected[:7]], (wanted, status)


def test_nothing_follows_a_message_that_was_forgotten(archive: Archive, rows: list[Row]) -> None:
    """What is older went before it; a file that is being downloaded would begin with the newest once more."""
    index, highest = MessageIndex(archive), max(row.n for row in rows)
    assert index.search(SID, before=rows[0].n, limit=1) == [rows[1]]
    assert index.search(SID, before=highest + 10_000) == []


def test_one_message_is_found_without_walking_through_the_others(archive: Archive, rows: list[Row]) -> None:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    index, log, wanted = MessageIndex(archive), EventLog(archive), rows[-1]
    with archive.reading() as connection:
        connection.set_progress_handler(count, 100)
        assert index.get(SID, wanted.id) == wanted
        assert log.of_message(SID, wanted.id)
        assert index.search(SID, status=[MessageStatus.UNCONFIRMED], tag="tokyo") == []
        connection.set_progress_handler(None, 0)
    assert steps < 20  # usually 6: hundreds of instructions of SQLite; a walk over all messages takes thousands
