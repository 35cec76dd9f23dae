"""The example of docs/webhooks.md takes what is really sent, refuses what is not, and keeps each event once."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import IO

import pytest

from shortlink.archive.webhook_attempts import Claimed
from shortlink.callbacks import CallbackSender
from shortlink.domain.callback import Attempt
from shortlink.domain.event import Event, EventType
from shortlink.domain.webhook import TOLD_OF, Batch, Webhook, current_secret, signing_secrets
from shortlink.use_cases.machine_clock import now_ms
from shortlink.use_cases.webhook_posts import write_body
from tests.web.conformance import document, faults

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "webhook_receiver.py"
KEY = b"k" * 32
LOOPBACK = CallbackSender(allowed_networks=[ip_network("127.0.0.0/8")], timeout_seconds=5)


@dataclass
class Receiver:
    """A running example."""

    url: str
    said: IO[str]
    inbox: Path
    webhook: Webhook

    def post(self, *events: Event, secrets: list[str] | None = None, at: int | None = None) -> Attempt:
        delivery = Claimed(n=1, webhook="wh_1", id=events[0].id, number=1, events=events, is_test=False)
        body, content_type = write_body(delivery, self.webhook, at=now_ms())
        now = at or now_ms()
        signers = secrets or signing_secrets(self.webhook, now, KEY)
        return LOOPBACK.send(
            self.url, event_id=delivery.id, body=body, content_type=content_type, secrets=signers, now_ms=now
        )

    def kept(self) -> list[str]:
        with closing(sqlite3.connect(self.inbox)) as rows:
            return [identifier for (identifier,) in rows.execute("SELECT id FROM events ORDER BY rowid")]


def webhook(**changes: object) -> Webhook:
    values = {"id": "wh_1", "account": "SLone", "url": "http://x", "events": tuple(EventType), "created_at": 0}
    return Webhook(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    inbox = tmp_path / "inbox"
    environment = os.environ | {"WEBHOOK_SECRET": current_secret(webhook(), KEY), "INBOX": str(inbox)}
    command = [sys.executable, str(EXAMPLE), "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        yield Receiver(url, process.stdout, inbox, webhook())
        process.terminate()


def clicked(number: int) -> Event:
    return Event(
        id=f"a{number}-0", type=EventType.LINK_CLICKED, at=1_795_301_764_551, account="SLone", message_id=f"m{number}"
    )


def test_a_genuine_event_is_kept_once_and_worked_on(receiver: Receiver) -> None:
    assert [receiver.post(clicked(1)).status_code for _ in range(2)] == [204, 204]
    assert receiver.post(clicked(2)).status_code == 204
    assert [receiver.said.readline() for _ in range(2)] == [
        "2026-11-21T22:56:04.551Z link.clicked m1\n",
        "2026-11-21T22:56:04.551Z link.clicked m2\n",
    ]
    assert receiver.kept() == ["a1-0", "a2-0"]


def test_a_batch_and_a_rotated_secret_are_understood(receiver: Receiver) -> None:
    receiver.webhook = webhook(batch=Batch(most=5, seconds=1), secret_version=2, secret_rotated_at=(now_ms(),))
    assert receiver.post(clicked(1), clicked(2)).status_code == 204
    assert receiver.kept() == ["a1-0", "a2-0"]


def test_what_is_forged_or_old_is_refused(receiver: Receiver) -> None:
    forged = current_secret(webhook(id="wh_2"), KEY)
    assert receiver.post(clicked(1), secrets=[forged]).status_code == 403
    assert receiver.post(clicked(1), at=now_ms() - 400_000).status_code == 403
    assert receiver.kept() == []


def test_without_a_secret_it_says_what_is_missing() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "WEBHOOK_SECRET"}
    ended = subprocess.run([sys.executable, str(EXAMPLE)], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, "WEBHOOK_SECRET" in ended.stderr) == (2, True)


def test_the_documented_bodies_are_those_that_are_sent() -> None:
    page = (EXAMPLE.parents[1] / "webhooks.md").read_text(encoding="utf-8")
    event = Event(
        id="p1795312999569-0",
        type=EventType.MESSAGE_DELIVERED,
        at=1_795_312_999_569,
        account="SLone",
        message_id="p9wMaaWGv7XGBZ1abXBc3Eh9lmq4HD2H",
        recipient="+818011234567",
        sender="shop",
        tags=("spring", "tokyo"),
    )
    delivery = Claimed(n=1, webhook="wh_1", id=event.id, number=1, events=(event,), is_test=False)
    body, _ = write_body(delivery, webhook(), at=0)
    documented = [json.loads(block.split("```")[0]) for block in page.split("```json\n")[1:]]
    assert json.loads(body) in documented
    described = document()["components"]["schemas"]["WebhookEvent"]
    assert faults(json.loads(body), described, document()) == []
    form, _ = write_body(delivery, webhook(body_format="form"), at=0)
    assert form in page.replace("\n&", "&")


def test_every_type_of_event_is_documented() -> None:
    from_page = (EXAMPLE.parents[1] / "webhooks.md").read_text(encoding="utf-8")
    assert [type_ for type_ in TOLD_OF if f"| `{type_}` |" not in from_page] == []
