"""Events, log files and webhooks through both clients, from a real archive."""

from __future__ import annotations

import asyncio
import csv
import io
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import redis

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.bootstrap.doors import build
from shortlink.bootstrap.operations import open_accounts
from shortlink.client import AsyncClient, Client, InvalidArgument, InvalidRequest, NotFound, webhooks
from shortlink.config import Settings
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, EventType
from shortlink.domain.message_id import new_message_id
from shortlink.web.app import create_app
from tests.client.serving import Service, serving
from tests.factories import MINT

YESTERDAY = datetime.now(UTC).date() - timedelta(1)


@pytest.fixture
def log(tmp_path: Path) -> EventLog:
    log = EventLog(Archive(tmp_path))
    log.open()
    return log


@pytest.fixture
def service(valkey_url: str, store: redis.Redis, log: EventLog, tmp_path: Path) -> Iterator[Service]:
    settings = Settings(redis_url=valkey_url, secret_key="k" * 32, archive_dir=tmp_path)
    account = open_accounts(settings).add("shop")
    with serving(create_app(build(settings))) as url:
        yield Service(url, account.sid, account.auth_token)


def put(log: EventLog, sid: str, count: int, *, kind: EventType = EventType.LINK_CLICKED, first: int = 0) -> None:
    at = (YESTERDAY - date(1970, 1, 1)).days * DAY_MS + 1000
    code = MINT.draw()
    message_id = new_message_id(code)
    log.append(
        [
            Event(
                id=f"a{number}-0",
                type=kind,
                at=at + number,
                account=sid,
                message_id=message_id,
                code=code,
                recipient="+818011234567",
                sender="shop",
                tags=("spring",),
                data={"link": "https://shop.test/"},
            )
            for number in range(first, first + count)
        ]
    )


def test_events_come_in_order_over_several_answers(client: Client, service: Service, log: EventLog) -> None:
    put(log, service.sid, 501)
    found = list(client.events())
    assert [one.id for one in found] == [f"a{number}-0" for number in range(501)]
    assert (found[0].type, found[0].tags, found[0].at.date()) == ("link.clicked", ("spring",), YESTERDAY)
    assert found[0].data["link"] == "https://shop.test/"


def test_who_goes_on_from_a_kept_cursor_misses_nothing(client: Client, service: Service, log: EventLog) -> None:
    put(log, service.sid, 501)
    seen = [one.id for one in client.events()]
    cursors = [one.cursor for one in client.events()]
    for kept in (0, 499, 500):
        again = [one.id for one in client.events(after=cursors[kept])]
        assert again[len(again) - (500 - kept) :] == seen[kept + 1 :]


def test_events_are_narrowed(client: Client, service: Service, log: EventLog) -> None:
    put(log, service.sid, 2)
    put(log, service.sid, 1, kind=EventType.MESSAGE_DELIVERED, first=2)
    (delivered,) = client.events(types=["message.delivered"])
    assert [one.id for one in client.events(msgid=delivered.msgid)] == ["a2-0"]
    assert list(client.events(tag="autumn")) == []
    assert len(list(client.events(types="message.delivered,link.clicked"))) == 3


def test_following_waits_for_what_is_still_to_come(service: Service, log: EventLog) -> None:
    put(log, service.sid, 3)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        put(log, service.sid, 1, first=2 + len(waits))

    with Client(service.url, service.sid, service.token, sleep=sleep) as client:
        events = client.events(after="newest", follow=True, wait_seconds=0.5)
        assert [next(events).id, next(events).id] == ["a3-0", "a4-0"]
    assert waits == [0.5, 0.5]


def test_a_log_file_is_found_and_read(client: Client, service: Service, log: EventLog) -> None:
    put(log, service.sid, 40)
    assert client.log_days() == (YESTERDAY.isoformat(),)
    (file,) = client.log_files(YESTERDAY.isoformat())
    assert file.name == f"clicks.{YESTERDAY}.log"
    with client.open_log(file.name) as pieces:
        rows = list(csv.DictReader(io.StringIO(b"".join(pieces).decode())))
    assert len(rows) == 40
    assert rows[7]["id"] == "a7-0"
    with pytest.raises(InvalidArgument, match="not as 'yaml'"), client.open_log(file.name, "yaml"):
        pass
    with pytest.raises(NotFound), client.open_log("nothing.2026-01-01.log"):
        pass


def test_a_webhook_is_made_changed_and_deleted(client: Client) -> None:
    made = client.create_webhook("https://shop.test/hook", ["link.clicked"], tag="spring", description="ours")
    assert made.secret is not None
    assert (made.events, made.format, made.tag, made.state) == (("link.clicked",), "json", "spring", "active")
    assert client.change_webhook(made.id, description="theirs").description == "theirs"
    assert [client.pause_webhook(made.id).state, client.resume_webhook(made.id).state] == ["paused", "active"]
    rotated = client.rotate_webhook_secret(made.id)
    assert rotated.secret not in (None, made.secret)
    assert client.test_webhook(made.id)
    client.replay_webhook(made.id, since=datetime.now(UTC) - timedelta(hours=1), until=datetime.now(UTC))
    assert client.webhook_deliveries(made.id) == ()
    assert [(one.id, one.secret) for one in client.webhooks()] == [(made.id, None)]
    client.delete_webhook(made.id)
    assert client.webhooks() == ()


def test_a_webhook_is_made_for_events_in_one_text(client: Client) -> None:
    made = client.create_webhook("https://shop.test/hook", "link.clicked,message.delivered")
    assert set(made.events) == {"link.clicked", "message.delivered"}


def test_a_webhook_is_made_with_all_that_a_change_can_set(client: Client) -> None:
    batch = {"most": 20, "seconds": 2.5}
    made = client.create_webhook("https://shop.test/hook", ["link.clicked"], batch=batch, rate=5)
    assert (made.raw["batch"], made.raw["rate"]) == (batch, 5.0)
    changed = client.change_webhook(made.id, batch=None, rate=0.5)
    assert (changed.raw["batch"], changed.raw["rate"]) == (None, 0.5)
    with pytest.raises(InvalidRequest) as caught:
        client.create_webhook("https://shop.test/hook", ["link.clicked"], rate=0)
    assert list(caught.value.fields) == ["rate"]


def test_a_time_without_a_zone_is_replayed_as_utc_wherever_the_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        call = webhooks.replay("wh_1", since=moment.replace(tzinfo=None), until=moment.astimezone(None))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert call.content == {"from": moment.timestamp() * 1000, "to": moment.timestamp() * 1000}


def test_the_asynchronous_client_reads_events_logs_and_webhooks(service: Service, log: EventLog) -> None:
    put(log, service.sid, 3)

    async def journey() -> None:
        async with AsyncClient(service.url, service.sid, service.token) as client:
            assert len([one async for one in client.events()]) == 3
            async with client.open_log(f"clicks.{YESTERDAY}.log", "json") as pieces:
                assert b"".join([piece async for piece in pieces]).count(b'"a2-0"') == 1
            with pytest.raises(NotFound):
                async with client.open_log("nothing.2026-01-01.log"):
                    pass
            made = await client.create_webhook("https://shop.test/hook", ["link.clicked"], rate=2)
            assert made.raw["rate"] == 2
            assert await client.webhook_deliveries(made.id, before=7) == ()

    asyncio.run(journey())
