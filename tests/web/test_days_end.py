"""A day's log files over midnight: they grow until the day is over, and from then on are the same to the byte."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis
from werkzeug.test import TestResponse

from shortlink.archive.database import Archive
from shortlink.bootstrap.archive import build_file_desk, build_record_desk
from shortlink.bootstrap.doors import build
from shortlink.config import Settings
from shortlink.dialects.log_names import date_of
from shortlink.dialects.logs import LOGS
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import PARTITIONS
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, EventType
from shortlink.domain.message import DeliveryReceipt, MessageStatus
from shortlink.storage import keys
from shortlink.storage.events import EventStreams, Reading
from shortlink.storage.spool import ClickSpool, SpooledClick
from shortlink.use_cases.erase_archived import erase_archived
from shortlink.use_cases.file_away import move_days
from shortlink.use_cases.record_events import record_events
from shortlink.use_cases.replay_clicks import replay_clicks
from shortlink.web.app import create_app
from tests.web.conftest import Caller

DAY = 20_000
DATE, NEXT_DATE = date_of(DAY), date_of(DAY + 1)
MIDNIGHT = (DAY + 1) * DAY_MS
SECOND, HOUR = 1000, 3_600_000
FORMS = ("", "header/", "json/", "xml/")
ANA, BEN = "+818011110001", "+818022220002"
HUMAN = Judgement(verdict=Verdict.HUMAN, rule="browser")
Files = dict[str, bytes]


class TimedStreams(EventStreams):
    """The streams of a store whose clock stands where a test put it."""

    now = 0

    def set(self, now: int) -> None:
        """Let everything that the scripts noted since the last call have happened now."""
        before, self.now = self.now, now
        for name in map(keys.events, PARTITIONS):
            entries: Any = self.store.xrange(name)
            self.store.delete(name)
            for number, (identifier, fields) in enumerate(entries):
                is_old = int(identifier.partition("-")[0]) <= before
                self.store.xadd(name, fields, id=identifier if is_old else f"{now}-{number}")

    def read(self, positions: Any, *, most: int, wait_ms: int) -> Reading:
        return replace(super().read(positions, most=most, wait_ms=wait_ms), started_at=self.now)


class House:
    """An installation around midnight."""

    def __init__(self, settings: Settings, api: Caller) -> None:
        self.settings, self.api = settings, api
        self.services = build(settings)
        self.client = create_app(self.services).test_client()  # what is packed cannot be held against the document
        self.recording, _ = build_record_desk(settings)
        self.streams = TimedStreams(self.recording.streams.store)
        self.recording.streams = self.streams

    def record(self, now: int) -> None:
        """Let the time be `now`, and the recorder come to the end."""
        self.streams.set(now)
        while record_events(self.recording, wait_ms=1):
            pass

    def get(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        # Buffered, or what is read to its end would count as a download that goes on.
        return self.client.get(path, headers=headers, auth=(self.api.sid, self.api.token), buffered=True)

    def files(self, date: str) -> Files:
        """Read all files of a date in all forms; what comes compressed must be the same."""
        paths = [f"/logfiles/{log.value}.{date}.log/{form}" for log in LOGS for form in FORMS]
        found = {path: self.get(path).data for path in paths}
        for path in paths[:: len(FORMS)]:
            packed = self.get(path, {"Accept-Encoding": "gzip"}).data
            assert gzip.decompress(packed) == found[path]
            found[f"{path} packed"] = packed
        return found

    def is_complete(self, date: str) -> bool:
        told = {self.get(f"/logfiles/{log.value}.{date}.log/").headers["X-Log-Complete"] for log in LOGS}
        assert len(told) == 1
        return told == {"true"}

    def send(self, recipient: str) -> str:
        """Send a message with a short link, and have the carrier take it; returns its code."""
        code = self.services.messages.get(self.api.send(recipient=recipient, track_link="true")).code
        self.receipt(code, MessageStatus.QUEUED)
        return code

    def receipt(self, code: str, status: MessageStatus) -> None:
        receipt = DeliveryReceipt(carrier_id="SM1", status=status, error=None)
        self.services.sendings.advance(code, receipt, poll_ms=1000, report_ms=0)

    def tap(self, code: str) -> None:
        self.services.link_desk.links.follow(code, HUMAN, spends=True, callback_ms=0)


@pytest.fixture
def house(settings: Settings, open_api: Callable[..., Caller], store: redis.Redis, tmp_path: Path) -> House:
    changed = replace(settings, archive_dir=tmp_path / "archive", spool_dir=tmp_path / "spool")
    return House(changed, open_api(archive_dir=tmp_path / "archive"))


def live_through_a_day(house: House) -> tuple[str, str]:
    """Let things happen until midnight, and return the codes of Ana's and Ben's messages."""
    ana, ben = house.send(ANA), house.send(BEN)
    house.record(MIDNIGHT - 14 * HOUR)
    house.receipt(ana, MessageStatus.DELIVERED)
    house.tap(ana)
    house.record(MIDNIGHT - SECOND)
    house.tap(ben)
    house.record(MIDNIGHT - 1)
    return ana, ben


def spool_click(house: House, code: str, at: int) -> None:
    spool = house.services.link_desk.spool
    assert isinstance(spool, ClickSpool)
    spool.append(SpooledClick(code=code, at=at, verdict=HUMAN.verdict.value, rule=HUMAN.rule, spends=True))


def held_up(sid: str) -> Event:
    """A webhook's try that failed before midnight, told by a process that stood still since."""
    told = {"kind": "webhook", "callback_id": "a1-0", "webhook": "wh_1", "number": 1, "state": "pending"}
    return Event(
        id="w1", type=EventType.CALLBACK_ATTEMPTED, at=MIDNIGHT - 1, account=sid, data=told | {"status_code": 500}
    )


def test_a_finished_day_stays_the_same_whatever_comes_after_it(house: House, store: redis.Redis) -> None:
    ana, ben = live_through_a_day(house)
    assert not house.is_complete(DATE)
    spool_click(house, ana, at=MIDNIGHT - 500)  # the store is away for a moment
    house.record(MIDNIGHT + 30 * SECOND)
    assert not house.is_complete(DATE), "another process's clock may be behind"
    house.record(MIDNIGHT + 60 * SECOND)
    assert house.is_complete(DATE)
    finished = house.files(DATE)
    assert sum(map(len, finished.values())) > 5000

    assert replay_clicks(house.services.link_desk) == 1
    house.receipt(ben, MessageStatus.DELIVERED)
    house.tap(ben)
    house.record(MIDNIGHT + 61 * SECOND)
    with Archive(house.settings.archive_dir or Path()).writing() as connection:
        connection.execute("UPDATE messages SET expires_at = ?", (MIDNIGHT - HOUR,))  # noticed late
    house.record(MIDNIGHT + 62 * SECOND)
    house.recording.log.append([held_up(house.api.sid)])
    assert house.files(DATE) == finished
    assert not house.is_complete(NEXT_DATE)
    errors = house.api.get(f"/logfiles/webhook-errors.{NEXT_DATE}.log/json").get_json()
    assert [one["time"] for one in errors] == [f"{DATE}T23:59:59.999Z"]
    clicks = house.api.get(f"/logfiles/clicks.{NEXT_DATE}.log/json").get_json()
    assert sorted(one["time"][:21] for one in clicks) == [f"{DATE}T23:59:59.5", f"{NEXT_DATE}T00:01:01.0"]
    assert house.api.get(f"/logfiles/deliveries.{NEXT_DATE}.log/json").get_json()[0]["recipient"] == BEN
    assert len(house.api.get(f"/logfiles/opens.{NEXT_DATE}.log/json").get_json()) == 2

    desk = build_file_desk(house.settings)
    assert move_days(replace(desk, rules=replace(desk.rules, event_days=5)), today=DAY + 6) == 1
    assert desk.retention.drop_moved() > 0
    assert house.files(DATE) == finished
    assert house.is_complete(DATE)


@pytest.mark.parametrize("in_files", [False, True])
def test_an_erased_persons_number_is_all_that_leaves_a_finished_day(
    house: House, store: redis.Redis, in_files: bool
) -> None:
    live_through_a_day(house)
    house.record(MIDNIGHT + 60 * SECOND)
    finished = house.files(DATE)
    desk = build_file_desk(house.settings)
    if in_files:
        move_days(replace(desk, rules=replace(desk.rules, event_days=5)), today=DAY + 6)
    erase_archived(BEN, desk)
    house.record(MIDNIGHT + 90 * SECOND)
    left = {name: data for name, data in house.files(DATE).items() if "packed" not in name}
    gone = {name: _without(BEN, finished[name]) for name in left}
    assert left == gone
    assert finished[f"/logfiles/attempts.{DATE}.log/"].count(BEN.encode()) > 1
    assert house.is_complete(DATE)


def _without(number: str, data: bytes) -> bytes:
    """Take a number out as each form writes an empty cell."""
    return data.replace(f"<recipient>{number}</recipient>".encode(), b"").replace(number.encode(), b"")
