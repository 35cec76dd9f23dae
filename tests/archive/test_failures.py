"""Why messages failed: counted by reason, a bounded number of them a day, without looking at messages."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.failures import MOST_REASONS
from shortlink.archive.figures import Figures
from shortlink.archive.schema import STEPS
from shortlink.domain.event import EventType
from tests.archive.conftest import NOON, SID, MakeEvent, Meet

HOUR = 3_600_000
DAY_MS = 24 * HOUR
STEPS_BEFORE = 9  # that made an archive which did not count reasons


def reasons(figures: Figures, *, since: int = NOON, until: int = NOON + HOUR, **how: Any) -> list[tuple[str, int]]:
    return [(one.reason, one.count) for one in figures.failures(SID, since=since, until=until, **how)]


def fail(log: EventLog, meet: Meet, make: MakeEvent, *errors: str, at: int = NOON, tags: tuple[str, ...] = ()) -> None:
    log.append([make(EventType.MESSAGE_FAILED, meet(tags=tags), at=at, data={"error": error}) for error in errors])


def test_reasons_are_ranked_by_how_many_failed_for_them(
    log: EventLog, meet: Meet, make: MakeEvent, figures: Figures
) -> None:
    fail(log, meet, make, "30005", "30003", "30003", "canceled")
    fail(log, meet, make, "30003")
    assert reasons(figures) == [("30003", 3), ("30005", 1), ("canceled", 1)]
    assert reasons(figures, limit=1) == [("30003", 3)]


def test_reasons_are_of_the_tag_and_the_period(log: EventLog, meet: Meet, make: MakeEvent, figures: Figures) -> None:
    fail(log, meet, make, "30003", tags=("spring", "tokyo"))
    fail(log, meet, make, "30005", at=NOON + 2 * DAY_MS)
    for tag in ("spring", "tokyo"):
        assert reasons(figures, tag=tag, until=NOON + 9 * DAY_MS) == [("30003", 1)]
    assert reasons(figures, tag="osaka") == []
    assert reasons(figures, since=NOON - DAY_MS, until=NOON + 9 * DAY_MS) == [("30003", 1), ("30005", 1)]
    assert reasons(figures, since=NOON + DAY_MS, until=NOON + 2 * DAY_MS + HOUR) == [("30005", 1)]


def test_only_failures_have_reasons(log: EventLog, meet: Meet, make: MakeEvent, figures: Figures) -> None:
    log.append(
        [
            make(EventType.MESSAGE_ATTEMPTED, meet(), at=NOON, data={"error": "20429", "outcome": "busy"}),
            make(EventType.MESSAGE_UNCONFIRMED, meet(), at=NOON, data={"error": "30001"}),
        ]
    )
    assert reasons(figures) == []


def test_day_keeps_so_many_reasons_and_counts_on_with_those_it_has(
    log: EventLog, meet: Meet, make: MakeEvent, figures: Figures
) -> None:
    fail(log, meet, make, *[f"e{number}" for number in range(MOST_REASONS + 10)])
    fail(log, meet, make, "late", "e0", at=NOON + HOUR)
    for since, until, first in ((NOON, NOON + HOUR, 1), (NOON - DAY_MS, NOON + DAY_MS, 2)):
        found = dict(reasons(figures, since=since, until=until, limit=999))
        assert (len(found), found["e0"]) == (MOST_REASONS, first)
    assert reasons(figures, since=NOON + HOUR, until=NOON + 2 * HOUR) == [("e0", 1)]
    assert figures.totals(SID, since=NOON, until=NOON + 2 * HOUR).failed == MOST_REASONS + 12
    fail(log, meet, make, "late", at=NOON + DAY_MS)
    assert reasons(figures, since=NOON + DAY_MS, until=NOON + 2 * DAY_MS) == [("late", 1)]


def test_what_is_no_code_is_no_reason(log: EventLog, meet: Meet, make: MakeEvent, figures: Figures) -> None:
    fail(log, meet, make, "", "x" * 41)
    assert reasons(figures) == []


def test_reasons_are_read_without_looking_at_messages_or_events(
    log: EventLog, meet: Meet, make: MakeEvent, figures: Figures, archive: Archive
) -> None:
    fail(log, meet, make, "30003")
    with archive.writing() as connection:
        connection.execute("DROP TABLE events")
        connection.execute("DROP TABLE messages")
    assert reasons(figures) == [("30003", 1)]


def of_before(folder: Path, *rows: tuple[Any, ...]) -> Archive:
    """Make an archive that counts no reasons yet: of messages with their tags, status, times and error."""
    with closing(sqlite3.connect(folder / "archive.db")) as old:
        for step in STEPS[:STEPS_BEFORE]:
            old.executescript(step)
        old.execute("INSERT INTO accounts VALUES (1, ?)", (SID,))
        query = (
            "INSERT INTO messages (n, code, id, account, recipient, sender, tags, status, accepted_at, ended_at,"
            " segments, cost, error) VALUES (?, 'c', 'i', 1, '', '', ?, ?, ?, ?, 1, 0, ?)"
        )
        old.executemany(query, [(number, *row) for number, row in enumerate(rows, 1)])
        old.execute(f"PRAGMA user_version = {STEPS_BEFORE}")
        old.commit()
    return Archive(folder)


def test_archive_of_before_learns_the_reasons_of_its_messages(tmp_path: Path, meet: Meet, make: MakeEvent) -> None:
    archive = of_before(
        tmp_path,
        ('spring,say "hi"', "n", NOON, NOON, "30003"),
        ("spring", "f", NOON, NOON + HOUR, "21211"),
        ("", "n", NOON, NOON, "30003"),
        ("spring", "n", NOON, NOON, None),
        ("spring", "u", NOON, NOON, "30003"),
    )
    fail(EventLog(archive), meet, make, "30003")
    figures = Figures(archive)
    assert reasons(figures) == [("30003", 3)]
    assert reasons(figures, since=NOON - DAY_MS, until=NOON + DAY_MS, tag="spring") == [("21211", 1), ("30003", 1)]
    assert reasons(figures, tag='say "hi"') == [("30003", 1)]
    archive.close()


def test_archive_of_before_learns_the_most_frequent_reasons_and_no_more_than_a_day_keeps(
    tmp_path: Path, meet: Meet, make: MakeEvent
) -> None:
    ids = [("", "f", NOON, NOON + HOUR * (number % 2), f"id-{number:03}") for number in range(MOST_REASONS + 30)]
    archive = of_before(tmp_path, *ids, *[("", "f", NOON, NOON + HOUR, "zzz")] * 2)
    EventLog(archive).open()
    for since, until in ((NOON, NOON + 2 * HOUR), (NOON - DAY_MS // 2, NOON + DAY_MS // 2)):
        found = reasons(Figures(archive), since=since, until=until, limit=999)
        assert (len(found), found[0], found[-1]) == (MOST_REASONS, ("zzz", 2), ("id-048", 1))
    archive.close()
