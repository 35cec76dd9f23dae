"""How a process tells trouble: at once, once a minute while it lasts, and once when it is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from shortlink.bootstrap.archive import build_record_desk
from shortlink.config import Settings
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import ArchiveUnavailable, StoreTrouble, StoreUnavailable
from shortlink.outbox import Outbox, connect_queue
from shortlink.storage import keys
from shortlink.storage.connection import connect
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import MessageStore
from shortlink.storage.pace import PaceStore
from shortlink.storage.presence import PresenceStore
from shortlink.use_cases.carrier_pace import CarrierPace
from shortlink.use_cases.lane import make_lanes
from tests.factories import link_start, make_message
from tests.waiting import wait_until
from worker.crew import Crew
from worker.dispatcher import Dispatcher
from worker.heartbeat import heartbeat
from worker.recorder import Recorder
from worker.trouble_log import TroubleLog

FULL = StoreUnavailable("the store cannot be used now: its memory is full", trouble=StoreTrouble.FULL)
AWAY = StoreUnavailable("the store cannot be used now: it cannot be reached", trouble=StoreTrouble.AWAY)
FULL_LINE = (
    "the store cannot be used now: its memory is full; trying again until it can. What to do: give the store more"
    " memory, or keep less: SHORTLINK_TEXT_DAYS, SHORTLINK_LINK_TTL_DAYS"
)


class Clock:
    """A clock that stands until it is moved."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


def make(clock: Clock, check: Callable[[], None] = lambda: None) -> TroubleLog:
    return TroubleLog(logging.getLogger("tests"), check=check, clock=clock)


def test_trouble_is_told_when_it_begins_each_minute_and_when_it_is_over(
    clock: Clock, told: Callable[[], list[str]]
) -> None:
    trouble = make(clock)
    for _ in range(120):
        trouble.met(FULL)
        clock.seconds += 1
    trouble.is_over()
    trouble.is_over()
    assert told() == [
        FULL_LINE,
        FULL_LINE.replace("full;", "full, for 60 s now;"),
        "the store can be used again, after 120 s; going on",
    ]


def test_trouble_that_only_the_look_behind_a_good_try_meets_is_told(
    clock: Clock, told: Callable[[], list[str]]
) -> None:
    def check() -> None:
        raise FULL

    trouble = make(clock, check)
    trouble.met(AWAY)
    trouble.is_over()
    assert told()[1:] == [FULL_LINE.replace("full;", "full, for 0 s now;")]


def test_another_trouble_is_told_at_once(clock: Clock, told: Callable[[], list[str]]) -> None:
    trouble = make(clock)
    for error in (FULL, AWAY, FULL, AWAY):
        trouble.met(error)
    assert len(told()) == 2
    assert "cannot be reached" in told()[1]


def test_what_only_follows_from_a_trouble_is_not_told_beside_it(clock: Clock, told: Callable[[], list[str]]) -> None:
    trouble = make(clock)
    for error in (AWAY, redis.ConnectionError("lost"), StoreUnavailable("the queue cannot be read")):
        trouble.met(error)
    assert len(told()) == 1


def test_trouble_that_comes_and_goes_is_told_once_a_minute(clock: Clock, told: Callable[[], list[str]]) -> None:
    trouble = make(clock)
    for _ in range(59):
        trouble.met(FULL)
        clock.seconds += 1
        trouble.is_over()
    assert len(told()) == 2


def test_trouble_is_not_over_before_the_store_takes_writes(clock: Clock, told: Callable[[], list[str]]) -> None:
    full = True

    def check() -> None:
        if full:
            raise FULL

    trouble = make(clock, check)
    trouble.is_over()
    trouble.met(FULL)
    trouble.is_over()
    assert told() == [FULL_LINE]
    full = False
    trouble.is_over()
    assert len(told()) == 2


def test_trouble_of_the_archive_is_told_as_such(clock: Clock, told: Callable[[], list[str]]) -> None:
    trouble = make(clock)
    trouble.met(ArchiveUnavailable("the archive is damaged"))
    trouble.is_over()
    assert [line.split(";")[0] for line in told()] == [
        "the archive is damaged",
        "the archive can be used again, after 0 s",
    ]


def test_a_write_that_went_well_ends_trouble_of_the_store_alone(clock: Clock, told: Callable[[], list[str]]) -> None:
    trouble = make(clock)
    trouble.store_took_a_write()
    trouble.met(FULL)
    trouble.store_took_a_write()
    assert told()[1:] == ["the store can be used again, after 0 s; going on"]
    trouble.met(ArchiveUnavailable("the archive is damaged"))
    trouble.store_took_a_write()
    assert len(told()) == 3


def test_a_process_without_work_tells_a_full_store_once_and_that_it_has_room_again(
    valkey_url: str, store: redis.Redis, told: Callable[[], list[str]]
) -> None:
    presence = PresenceStore(connect(valkey_url))
    with heartbeat("dispatcher", presence, make(Clock(), presence.check_writable), beat_seconds=0.05):
        wait_until(lambda: store.exists(keys.presence("dispatcher")))
        store.config_set("maxmemory", "1mb")
        try:
            wait_until(lambda: bool(told()))
            threading.Event().wait(0.5)  # some more tries
            assert told() == [FULL_LINE]
        finally:
            store.config_set("maxmemory", "0")
        wait_until(lambda: len(told()) == 2)
    assert "can be used again" in told()[1]


def test_a_process_that_ends_says_so_with_its_last_sign_of_life(valkey_url: str, store: redis.Redis) -> None:
    presence = PresenceStore(connect(valkey_url))
    with heartbeat("dispatcher", presence, make(Clock(), presence.check_writable), beat_seconds=0.05):
        wait_until(lambda: store.exists(keys.presence("dispatcher")))
        assert presence.stopped("dispatcher") == {}
    assert presence.stopped("dispatcher", "recorder") == {"dispatcher": 0}
    assert presence.absent("dispatcher") == []


def test_a_crew_tells_trouble_once_however_many_items_meet_it(told: Callable[[], list[str]]) -> None:
    def work(_: str) -> None:
        raise FULL

    crew = Crew(work, size=4)
    crew.take([str(number) for number in range(40)])
    assert crew.drain(5)
    assert told() == [FULL_LINE]


def test_a_dispatcher_tells_a_full_store_once_and_that_it_has_room_again(
    valkey_url: str, store: redis.Redis, told: Callable[[], list[str]]
) -> None:
    connection = connect(valkey_url)
    message = make_message()
    messages = MessageStore(connection, link_ms=DAY_MS, record_ms=DAY_MS)
    messages.add(message, link_start=link_start(message), today=0)
    store.config_set("maxmemory", "1mb")
    outbox = Outbox(connect_queue(valkey_url))
    trouble = TroubleLog(logging.getLogger("tests"), check=PresenceStore(connection).check_writable)
    ledger, pace = Ledger(connection), CarrierPace(PaceStore(connection), rate=0)
    dispatcher = Dispatcher(ledger, outbox, make_lanes(ledger, pace=pace, again_ms=300), trouble=trouble)
    thread = threading.Thread(target=dispatcher.run)
    thread.start()
    try:
        wait_until(lambda: bool(told()))
        threading.Event().wait(1)  # some more tries
        assert told() == [FULL_LINE]
        store.config_set("maxmemory", "0")
        wait_until(lambda: len(told()) == 2)
        assert "can be used again" in told()[1]
    finally:
        store.config_set("maxmemory", "0")
        dispatcher.stop()
        thread.join(5)


def test_a_recorder_tells_a_damaged_archive_once(
    valkey_url: str, store: redis.Redis, tmp_path: Path, told: Callable[[], list[str]]
) -> None:
    settings = Settings(redis_url=valkey_url, archive_dir=tmp_path, secret_key="k" * 32)
    (tmp_path / "archive.db").write_bytes(b"no database at all" * 100)
    recorder = Recorder(*build_record_desk(settings), wait_ms=10)
    thread = threading.Thread(target=recorder.run)
    thread.start()
    wait_until(lambda: bool(told()))
    threading.Event().wait(2.5)  # two more tries
    recorder.stop()
    thread.join(5)
    assert len(told()) == 1
