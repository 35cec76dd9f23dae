"""What happens to messages, and the events that were recorded of it."""

from __future__ import annotations

from collections.abc import Callable

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.event import Event, EventType
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage.links import LinkStore
from shortlink.storage.sendings import SendingStore

SID = "SLtestaccount"
Add = Callable[..., Message]
Record = Callable[[], list[Event]]
Type = EventType


def told(events: list[Event], *names: str) -> list[tuple[object, ...]]:
    return [(event.type, *(event.data.get(name) for name in names)) for event in events]


def tap(links: LinkStore, message: Message, verdict: Verdict = Verdict.HUMAN, *, now: int | None = None) -> None:
    spends = verdict is Verdict.HUMAN
    links.follow(message.code, Judgement(verdict=verdict, rule="a-rule"), spends=spends, callback_ms=0, now=now)


def advance(sendings: SendingStore, message: Message, status: MessageStatus, error: str | None = None) -> None:
    receipt = DeliveryReceipt(carrier_id="SM1", status=status, error=error)
    sendings.advance(message.code, receipt, poll_ms=1000, report_ms=0)
