"""The log of events: each once, in one order, read on from anywhere."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from shortlink.archive import events as module
from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.retention import Retention
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import ArchiveUnavailable, Overtaken
from shortlink.domain.event import Event, EventType
from tests.archive.conftest import NOON, SID, MakeEvent, Meet

CLICK, DELIVERED = EventType.LINK_CLICKED, EventType.MESSAGE_DELIVERED


def test_an_event_comes_back_as_it_went_in(log: EventLog, meet: Meet, make: MakeEvent) -> None:
    met = meet(tags=("spring", "tokyo"))
    put = make(CLICK, met, data={"verdict": "human", "rule": "browser", "first": True})
    place = log.append([put])
    assert log.page(SID).events == [replace(put, seq=place)]


@pytest.mark.parametrize("type_", EventType)
def test_each_type_is_kept(type_: EventType, log: EventLog, make: MakeEvent) -> None:
    log.append([make(type_)])
    assert [event.type for event in log.page(SID).events] == [type_]


def test_an_event_without_a_message_keeps_its_numbers(log: EventLog, make: MakeEvent) -> None:
    put = make(EventType.MESSAGE_RECEIVED, recipient="+818011234567", sender="12345", data={"text": "STOP"})
    log.append([put])
    assert replace(log.page(SID).events[0], seq=0) == put


def test_positions_and_events_are_kept_together_or_not_at_all(log: EventLog, make: MakeEvent) -> None:
    log.append([make(CLICK)], {"a": "5-0"})
    with pytest.raises(TypeError):
        log.append([make(CLICK), make(CLICK, data={"not": object()})], {"a": "6-0", "b": "1-0"})
    assert log.positions() == {"a": "5-0"}
    assert len(log.page(SID).events) == 1


@pytest.mark.parametrize("second", ["7-3", "7-2", "6-9"])
def test_a_stream_is_never_read_twice(second: str, log: EventLog, make: MakeEvent) -> None:
    log.append([make(CLICK)], {"a": "7-3"})
    with pytest.raises(Overtaken):
        log.append([make(CLICK)], {"a": second})
    assert len(log.page(SID).events) == 1


def test_a_later_entry_is_told_by_its_numbers_not_its_letters(log: EventLog) -> None:
    log.append([], {"a": "9-9"})
    log.append([], {"a": "9-10"})
    assert log.positions() == {"a": "9-10"}


def test_a_feed_goes_on_where_it_stopped(log: EventLog, make: MakeEvent) -> None:
    log.append([make(CLICK if n % 2 else DELIVERED) for n in range(7)])
    first = log.page(SID, limit=3)
    second = log.page(SID, after=first.next, limit=3)
    third = log.page(SID, after=second.next, limit=3)
    assert [len(page.events) for page in (first, second, third)] == [3, 3, 1]
    assert [page.more for page in (first, second, third)] == [True, True, False]
    assert [event.seq for page in (first, second, third) for event in page.events] == list(range(1, 8))
    assert log.page(SID, after=third.next).events == []
    assert log.page(SID, after=third.next).next == third.next


def test_a_feed_shows_one_account_only(log: EventLog, make: MakeEvent) -> None:
    log.append([make(CLICK), make(CLICK, account="SLother")])
    assert [event.account for event in log.page(SID).events] == [SID]
    assert log.page("SLnobody").events == []
    assert [event.account for event in log.page("SLother").events] == ["SLother"]


def test_a_feed_keeps_to_types_message_and_tag(log: EventLog, meet: Meet, make: MakeEvent) -> None:
    one, two = meet(tags=("a", "b")), meet(tags=("b",))
    log.append([make(CLICK, one), make(DELIVERED, one), make(CLICK, two)])
    assert [event.seq for event in log.page(SID, types=[CLICK]).events] == [1, 3]
    assert [event.seq for event in log.page(SID, message_id=one.message_id).events] == [1, 2]
    assert [event.seq for event in log.page(SID, message_id=one.message_id, types=[CLICK]).events] == [1]
    assert [event.seq for event in log.page(SID, tag="a").events] == [1, 2]
    assert [event.seq for event in log.page(SID, tag="b", types=[CLICK]).events] == [1, 3]
    assert log.page(SID, tag="a", message_id=two.message_id).events == []
    assert log.page("SLother", message_id=one.message_id).events == []
    assert log.page(SID, message_id="nonsense").events == []


def test_a_rare_tag_is_found_page_by_page(
    log: EventLog, meet: Meet, make: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOKED_AT", 5)
    common, rare = meet(tags=("common",)), meet(tags=("rare",))
    log.append([make(CLICK, common) for _ in range(12)] + [make(CLICK, rare)])
    pages = [page := log.page(SID, tag="rare")]
    while page.more:
        pages.append(page := log.page(SID, tag="rare", after=page.next))
    assert [len(page.events) for page in pages] == [0, 0, 1]


def test_a_message_has_its_history(log: EventLog, meet: Meet, make: MakeEvent) -> None:
    met = meet()
    late = make(CLICK, met, at=5)
    log.append([make(EventType.MESSAGE_ACCEPTED, met), late, make(CLICK, meet())])
    history: list[Event] = log.of_message(SID, met.message_id)
    assert [event.type for event in history] == [CLICK, EventType.MESSAGE_ACCEPTED]
    assert log.of_message("SLother", met.message_id) == []


def test_the_newest_place_is_known(log: EventLog, make: MakeEvent) -> None:
    log.append([make(CLICK), make(CLICK, account="SLother")])
    assert (log.newest_seq(SID), log.newest_seq("SLother"), log.newest_seq("SLnobody"), log.newest_seq()) == (
        1,
        2,
        0,
        2,
    )


def test_readers_are_told_when_there_is_no_archive(log: EventLog) -> None:
    with pytest.raises(ArchiveUnavailable, match="a running recorder makes it"):
        log.page(SID)
    assert log.positions() == {}


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveUnavailable, match="cannot use"):
        EventLog(Archive(tmp_path / "file" / "archive")).append([])


@pytest.mark.parametrize("how", ["foreign", "torn"])
def test_a_damaged_archive_is_told_to_readers_and_writers(
    how: str, archive: Archive, log: EventLog, make: MakeEvent
) -> None:
    log.append([make(CLICK)] * 50)
    Retention(archive).forget_number("+818011234567")
    archive.close()
    content = archive.path.read_bytes()
    archive.path.write_bytes(b"damaged " * 2048 if how == "foreign" else content[:8192] + b"?" * (len(content) - 8192))
    with pytest.raises(ArchiveUnavailable, match=r"is damaged .*; it can be made again"):
        log.page(SID)
    with pytest.raises(ArchiveUnavailable, match="is damaged"):
        log.append([make(CLICK)])


def test_a_fault_of_ours_is_not_taken_for_an_archive_that_is_away(archive: Archive, log: EventLog) -> None:
    log.open()
    with pytest.raises(sqlite3.IntegrityError), archive.writing() as rows:
        rows.execute("INSERT INTO facts (name, value) VALUES ('x', NULL)")
    with pytest.raises(sqlite3.ProgrammingError), archive.reading() as rows:
        rows.execute("SELECT ?", (1, 2))


def test_the_archive_is_for_its_owner_alone(archive: Archive, log: EventLog) -> None:
    log.append([])
    assert archive.path.stat().st_mode & 0o077 == 0
    assert archive.folder.stat().st_mode & 0o077 == 0


def test_a_reader_cannot_write(archive: Archive, log: EventLog) -> None:
    log.append([])
    with pytest.raises(ArchiveUnavailable), archive.reading() as connection:
        connection.execute("DELETE FROM events")


def test_a_reader_sees_one_instant_while_others_write(archive: Archive, log: EventLog, make: MakeEvent) -> None:
    log.append([make(CLICK)])
    with archive.reading():
        before = len(log.page(SID).events)
        writer = threading.Thread(target=log.append, args=([make(CLICK)],))
        writer.start()
        writer.join(10)
        assert (before, len(log.page(SID).events)) == (1, 1)
    assert len(log.page(SID).events) == 2


def test_newest_events_of_a_time_are_those_that_happened_in_it_though_they_were_kept_a_day_later(
    log: EventLog, make: MakeEvent
) -> None:
    earlier, first, last, later = (make(CLICK, at=at) for at in (NOON - 1, NOON, NOON + 99, NOON + 100))
    spooled = make(CLICK, at=NOON + 98, kept_at=NOON + DAY_MS)
    log.append([earlier, first, last, later, spooled])
    found = log.newest(SID, count=9, since=NOON, until=NOON + 100)
    assert [event.id for event in found] == [spooled.id, last.id, first.id]
    assert log.newest(SID, count=9, since=NOON + 9 * DAY_MS, until=NOON + 10 * DAY_MS) == []


def test_two_processes_may_make_the_archive_at_once(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def make() -> None:
        try:
            EventLog(Archive(tmp_path)).append([])
        except (sqlite3.Error, ArchiveUnavailable) as error:
            errors.append(error)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert errors == []


def test_a_reader_goes_over_to_an_archive_that_was_made_again(
    archive: Archive, log: EventLog, make: MakeEvent, tmp_path: Path
) -> None:
    log.append([make(CLICK), make(CLICK)])
    reader = EventLog(Archive(archive.folder))
    assert len(reader.page(SID).events) == 2
    archive.folder.rename(tmp_path / "away")
    with pytest.raises(ArchiveUnavailable):
        reader.page(SID)
    EventLog(Archive(archive.folder)).append([make(CLICK)])
    assert len(reader.page(SID).events) == 1
