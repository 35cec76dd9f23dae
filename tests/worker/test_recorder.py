"""The recorder: one writes, kills do no harm, a stop is clean."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.figures import Figures
from shortlink.archive.recorder_lock import RecorderLock
from shortlink.bootstrap.archive import build_record_desk
from shortlink.config import Settings
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import PARTITIONS
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.event import EventType
from shortlink.lifeline import tied
from shortlink.storage.connection import Store, connect
from shortlink.storage.inspection import Inspector
from shortlink.storage.links import LinkStore
from tests.factories import link_start, make_message, open_messages
from tests.waiting import wait_until
from worker.recorder import Recorder

SID = "SLtestaccount"
HUMAN = Judgement(verdict=Verdict.HUMAN, rule="browser")


@pytest.fixture
def settings(valkey_url: str, store: object, tmp_path: Path) -> Settings:
    return Settings(redis_url=valkey_url, archive_dir=tmp_path, secret_key="k" * 32)


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    return EventLog(Archive(tmp_path))


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[[], Recorder]]:
    """Start recorders as threads, each with connections of its own."""
    running: list[tuple[Recorder, threading.Thread]] = []

    def begin() -> Recorder:
        recorder = Recorder(*build_record_desk(settings), wait_ms=50)
        thread = threading.Thread(target=recorder.run)
        thread.start()
        running.append((recorder, thread))
        return recorder

    yield begin
    for recorder, _ in running:
        recorder.stop()
    for _, thread in running:
        thread.join(5)
        assert not thread.is_alive()


def accept(client: Store) -> str:
    message = make_message()
    messages = open_messages(client)
    messages.add(message, link_start=link_start(message), today=0)
    return message.code


def newest(log: EventLog) -> int:
    try:
        return log.newest_seq()
    except ArchiveUnavailable:  # it is being made
        return 0


def grew(log: EventLog, before: int) -> bool:
    return newest(log) > before


def test_an_event_is_seen_soon_and_by_itself(start: Callable[[], Recorder], client: Store, log: EventLog) -> None:
    start()
    accept(client)
    wait_until(lambda: newest(log) == 1)
    LinkStore(client).follow(accept(client), HUMAN, spends=True, callback_ms=0)
    wait_until(lambda: newest(log) == 3)


def test_of_several_recorders_one_writes_and_another_takes_over(
    start: Callable[[], Recorder], client: Store, log: EventLog, tmp_path: Path
) -> None:
    first = start()
    accept(client)
    wait_until(lambda: newest(log) == 1)
    with RecorderLock(tmp_path) as lock:
        assert not lock.take()
    start()
    first.stop()
    accept(client)
    wait_until(lambda: newest(log) == 2)


def test_a_lost_store_is_waited_for(
    settings: Settings, start: Callable[[], Recorder], caplog: pytest.LogCaptureFixture
) -> None:
    desk, lock = build_record_desk(Settings(redis_url="unix:///nowhere.sock", archive_dir=settings.archive_dir))
    recorder = Recorder(desk, lock)
    thread = threading.Thread(target=recorder.run)
    thread.start()
    wait_until(lambda: "trying again" in caplog.text)
    recorder.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_a_damaged_archive_is_waited_for_and_one_that_takes_its_place_is_filled(
    start: Callable[[], Recorder], client: Store, log: EventLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    accept(client)
    path = tmp_path / "archive.db"
    path.write_bytes(b"damaged " * 2048)
    start()
    wait_until(lambda: "the archive's file is damaged" in caplog.text)
    assert "trying again" in caplog.text
    path.unlink()
    wait_until(lambda: newest(log) == 1)


def test_an_archive_that_is_taken_away_under_a_recorder_is_made_again_from_all_that_the_store_has(
    start: Callable[[], Recorder], client: Store, log: EventLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start()
    accept(client)
    accept(client)
    wait_until(lambda: newest(log) == 2)
    for name in ("archive.db", "archive.db-wal", "archive.db-shm", "recorder.lock"):
        (tmp_path / name).rename(tmp_path / f"{name}.before")
    wait_until((tmp_path / "archive.db").exists)  # also while nothing happens
    wait_until(lambda: newest(log) == 2)
    with RecorderLock(tmp_path) as lock:
        wait_until(lambda: not lock.take())
    assert "moved away or removed" in caplog.text
    assert "somebody else" not in caplog.text
    accept(client)
    wait_until(lambda: newest(log) == 3)


def test_a_recorder_without_a_folder_says_so() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "worker.recorder"],
        env={"SHORTLINK_SECRET_KEY": "k" * 32, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, "SHORTLINK_ARCHIVE_DIR is not set" in ended.stderr) == (2, True)


def test_a_recorder_killed_again_and_again_keeps_each_event_once(
    settings: Settings, valkey_url: str, client: Store, log: EventLog, tmp_path: Path
) -> None:
    environment = {
        **os.environ,
        "SHORTLINK_REDIS_URL": valkey_url,
        "SHORTLINK_ARCHIVE_DIR": str(tmp_path),
        "SHORTLINK_SECRET_KEY": "k" * 32,
    }

    def begin() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "worker.recorder"], env=tied(environment))

    done = threading.Event()

    def keep_busy() -> None:
        own = connect(valkey_url)
        links = LinkStore(own)
        while not done.is_set():
            code = accept(own)
            links.follow(code, HUMAN, spends=True, callback_ms=0)
            links.follow(code, HUMAN, spends=True, callback_ms=0)

    busy = threading.Thread(target=keep_busy)
    busy.start()
    try:
        for _ in range(2):
            before = newest(log)
            recorder = begin()
            wait_until(partial(grew, log, before))
            recorder.kill()
            recorder.wait()
    finally:
        done.set()
        busy.join(20)
    kept = [f"{entry.partition}{entry.id}" for letter in PARTITIONS for entry in Inspector(client).events(letter)]
    last = begin()
    try:
        wait_until(lambda: log.newest_seq() >= len(kept))
    finally:
        last.send_signal(signal.SIGTERM)
        assert last.wait(10) == 0
    events = log.page(SID, limit=100_000).events
    assert Counter(event.id for event in events) == Counter(kept)
    counts = Counter(event.type for event in events)
    totals = Figures(Archive(tmp_path)).totals(SID, since=0, until=events[-1].at + DAY_MS)
    assert (totals.accepted, totals.clicks, totals.clicked) == (
        counts[EventType.MESSAGE_ACCEPTED],
        counts[EventType.LINK_CLICKED],
        counts[EventType.MESSAGE_ACCEPTED],
    )
