"""What tells webhooks, with a clock of its own and a scripted sender at the wire's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.webhook_attempts import Claimed
from shortlink.archive.webhook_deliveries import WebhookDeliveries
from shortlink.archive.webhook_holds import WebhookHolds
from shortlink.archive.webhook_log import WebhookLog
from shortlink.domain.callback import Attempt
from shortlink.domain.event import Event, EventType
from shortlink.domain.webhook import Webhook
from shortlink.storage.connection import Store
from shortlink.storage.webhooks import WebhookStore
from shortlink.use_cases.endpoint_gate import EndpointGate
from shortlink.use_cases.manage_webhooks import WebhookDesk
from shortlink.use_cases.tell_round import Rounds, tell_round
from shortlink.use_cases.tell_webhooks import KnownWebhooks, TellDesk
from shortlink.use_cases.webhook_pace import Pace
from shortlink.use_cases.webhook_posts import PostDesk, make_post

SID, OTHER = "SLtestaccount", "SLanother0001"
KEY = b"k" * 32
URL = "https://shop.test/events"
SCHEDULE = (0.0, 5.0, 300.0)
WINDOW, PAGE = 100, 20
WELL = Attempt(at=0, duration_ms=3, status_code=204)
ILL = Attempt(at=0, duration_ms=3, status_code=500)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    ms: int = 1_800_000_000_000

    def __call__(self) -> int:
        return self.ms

    def pass_seconds(self, seconds: float) -> None:
        self.ms += int(seconds * 1000)


@dataclass
class ScriptedSender:
    """A sender at the wire's place: gives the next prepared answer, then good ones, and keeps what was sent."""

    answers: list[Attempt] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)

    def send(
        self, url: str, *, event_id: str, body: str, content_type: str, secrets: Sequence[str], now_ms: int
    ) -> Attempt:
        sent = {"url": url, "id": event_id, "body": body, "type": content_type, "secrets": list(secrets)}
        self.sent.append(sent)
        return replace(self.answers.pop(0) if self.answers else WELL, at=now_ms)

    @property
    def ids(self) -> list[str]:
        return [str(sent["id"]) for sent in self.sent]


class Rig:
    """Everything that telling needs, with a clock of its own."""

    def __init__(self, client: Store, folder: Path) -> None:
        self.clock, self.sender = Clock(), ScriptedSender()
        self.archive = Archive(folder)
        self.events, self.log = EventLog(self.archive), WebhookLog(self.archive)
        self.webhooks, self.deliveries = WebhookStore(client), WebhookDeliveries(self.archive)
        self.events.open()
        self.start_process()
        self.desk = WebhookDesk(
            webhooks=self.webhooks,
            events=self.events,
            log=self.log,
            callback_allow=(),
            key=KEY,
            now=self.clock,
        )
        self._count = 0

    def start_process(self) -> None:
        """Begin with an empty memory, as a process that was killed and started again."""
        self.rounds = Rounds(known=KnownWebhooks(self.webhooks))
        self.tell = TellDesk(
            webhooks=self.webhooks,
            events=self.events,
            deliveries=self.deliveries,
            holds=WebhookHolds(self.archive),
            gate=EndpointGate(most_calls=8, threads=64, clock=lambda: self.clock.ms / 1000),
            pace=Pace(clock=lambda: self.clock.ms / 1000),
            lease_ms=60_000,
            most_tries=len(SCHEDULE),
            window=WINDOW,
            page=PAGE,
            now=self.clock,
        )
        self.post = PostDesk(
            webhooks=self.webhooks,
            deliveries=self.deliveries,
            sender=self.sender,  # type: ignore[arg-type]  # only what it needs
            schedule=SCHEDULE,
            lease_ms=60_000,
            key=KEY,
            now=self.clock,
        )

    def hook(self, **fields: Any) -> Webhook:
        return self.desk.create(SID, {"url": URL, "events": ["link.clicked", "message.delivered"]} | fields)

    def happen(
        self, type_: EventType = EventType.LINK_CLICKED, *, account: str = SID, count: int = 1, **changes: Any
    ) -> list[str]:
        """Put events into the archive, now, and name them."""
        events = []
        for _ in range(count):
            self._count += 1
            events.append(
                Event(
                    id=f"a{self._count}-0", type=type_, at=changes.pop("at", self.clock()), account=account, **changes
                )
            )
        self.events.append(events)
        return [event.id for event in events]

    def claim(self, *, free: int = 100) -> list[Claimed]:
        return tell_round(self.rounds, self.tell, free=free)

    def work_off(self, *, free: int = 100) -> None:
        """Tell until nothing is due."""
        while claimed := self.claim(free=free):
            for one in claimed:
                self.make(one)
            self.clock.pass_seconds(1)

    def make(self, claimed: Claimed) -> None:
        webhook = self.rounds.known.all()[claimed.webhook]
        attempt = make_post(claimed, webhook, self.post, claimed_at=self.clock())
        answered = attempt is None or (attempt.status_code or 500) < 500
        self.tell.gate.leave(webhook.url, account=webhook.account, answered_well=answered)
