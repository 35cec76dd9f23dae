"""The process that tells webhooks: a receiver that hangs holds up nobody else, and a stop is clean."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path

import pytest
import redis

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.webhook_deliveries import WebhookDeliveries
from shortlink.archive.webhook_log import WebhookLog
from shortlink.bootstrap.webhooks import build_teller
from shortlink.config import Settings
from shortlink.domain.event import Event, EventType
from shortlink.domain.webhook import Webhook, new_webhook_id
from shortlink.storage.connection import connect
from shortlink.storage.webhooks import WebhookStore
from tests.waiting import wait_until
from worker.webhooks import Teller

SID = "SLtestaccount"


class Receiver(BaseHTTPRequestHandler):
    """Answers at once, but below /hangs only when it is let go."""

    came: list[str]
    let_go: threading.Event

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.came.append(f"{self.path} {self.headers['webhook-id']}")
        if self.path == "/hangs":
            self.let_go.wait(10)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[tuple[str, type[Receiver]]]:
    class OneReceiver(Receiver):
        came: list[str] = []  # noqa: RUF012, this class is this test's
        let_go = threading.Event()

    server = ThreadingHTTPServer(("127.0.0.1", 0), OneReceiver)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"127.0.0.1:{server.server_port}", OneReceiver
    OneReceiver.let_go.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def settings(valkey_url: str, store: redis.Redis, tmp_path: Path) -> Settings:
    return Settings(
        redis_url=valkey_url,
        secret_key="k" * 32,
        archive_dir=tmp_path / "archive",
        callback_allow=(ip_network("127.0.0.0/8"),),
        worker_threads=8,
    )


@pytest.fixture
def teller(settings: Settings) -> Iterator[Teller]:
    made = Teller(*build_teller(settings), threads=settings.worker_threads)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join(10)
    assert not thread.is_alive()


def subscribe(settings: Settings, url: str) -> Webhook:
    webhook = Webhook(
        id=new_webhook_id(), account=SID, url=url, events=(EventType.LINK_CLICKED,), created_at=0, rate=200.0
    )
    WebhookStore(connect(settings.redis_url)).add(webhook)
    return webhook


def happen(settings: Settings, count: int) -> list[str]:
    assert settings.archive_dir is not None
    events = [Event(id=f"a{n}-0", type=EventType.LINK_CLICKED, at=n, account=SID) for n in range(1, count + 1)]
    EventLog(Archive(settings.archive_dir)).append(events)
    return [event.id for event in events]


def test_a_receiver_that_hangs_holds_up_nobody_else(
    settings: Settings, receiver: tuple[str, type[Receiver]], teller: Teller
) -> None:
    address, handler = receiver
    # Two names of one machine: calls are counted by scheme, host and port.
    hanging = subscribe(settings, f"http://{address}/hangs")
    subscribe(settings, f"http://localhost:{address.split(':')[1]}/well")
    events = happen(settings, 20)
    wait_until(lambda: sum(one.startswith("/well") for one in handler.came) >= 20)
    assert sorted(one.split(" ")[1] for one in handler.came if one.startswith("/well")) == sorted(events)
    assert sum(one.startswith("/hangs") for one in handler.came) < 8
    handler.let_go.set()
    assert settings.archive_dir is not None
    log = WebhookLog(Archive(settings.archive_dir))
    wait_until(lambda: len(log.attempts(hanging.id)) == 20 and log.health(hanging.id).owed == 0)


def test_a_new_webhook_is_noticed_while_it_runs_and_a_stop_waits_for_calls_under_way(
    settings: Settings, receiver: tuple[str, type[Receiver]], teller: Teller
) -> None:
    address, handler = receiver
    subscribe(settings, f"http://{address}/hangs")
    happen(settings, 1)
    wait_until(lambda: len(handler.came) == 1)
    teller.stop()
    handler.let_go.set()
    assert settings.archive_dir is not None
    deliveries = WebhookDeliveries(Archive(settings.archive_dir))
    webhook = WebhookStore(connect(settings.redis_url)).list_of(SID)[0]
    wait_until(lambda: not deliveries.pending([webhook.id], now=0))


def test_without_a_folder_for_the_archive_it_says_so() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "worker.webhooks"],
        env={"SHORTLINK_SECRET_KEY": "k" * 32},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, "SHORTLINK_ARCHIVE_DIR" in ended.stderr) == (2, True)
