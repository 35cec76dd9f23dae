"""An account with a past: weeks of messages in the archive, and a message in the store that everything happens to."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shortlink.bootstrap import Services
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import new_message_id
from shortlink.domain.event import Event, EventType, MetMessage
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from tests.factories import DAY_MS, MINT

HOUR_MS = 3_600_000
TARGETS = (
    "https://shop.test/sale",
    "https://shop.test/new/winter-coats",
    "https://shop.test/stores/shinjuku",
    "https://clinic.test/appointments",
)
TAGS = (("spring-sale", "tokyo"), ("spring-sale", "osaka"), ("new-arrivals",), ("reminder",), ())
MACHINES = (("preview", "apple-messages"), ("preview", "samsung-messages"), ("scanner", "barracuda-sentinel"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Events, and the messages that they are about, oldest first."""

    events: list[Event]
    met: list[MetMessage]


def make_past(account: str, *, now: int, days: int, a_day: int, seed: int = 7) -> Past:
    """Make the messages of some days: campaigns in the morning and the evening, fewer at weekends."""
    chance = random.Random(seed)
    met, events = [], []
    for day in range(days, -1, -1):
        begin = now - now % DAY_MS - day * DAY_MS
        busy = a_day if (begin // DAY_MS + 4) % 7 < 5 else a_day // 3
        for _ in range(round(busy * chance.uniform(0.6, 1.4))):
            at = begin + int(chance.triangular(0, 24, chance.choice((2, 10))) * HOUR_MS)
            message = _met(account, at, chance)
            course = [event for event in _course(message, chance) if event.at < now]
            if course:
                met.append(message)
                events += course
    return Past(events=sorted(events, key=lambda event: event.at), met=met)


def _met(account: str, at: int, chance: random.Random) -> MetMessage:
    code = MINT.draw()
    return MetMessage(
        code=code,
        message_id=new_message_id(code),
        account=account,
        recipient=f"+8180{chance.randrange(10_000_000, 99_999_999)}",
        sender="SHOP",
        tags=chance.choice(TAGS),
        accepted_at=at,
        status=MessageStatus.ACCEPTED.value,
        link=chance.choices(TARGETS, weights=(6, 3, 2, 1))[0] + f"?id={chance.randrange(1000)}",
        expires_at=at + 90 * DAY_MS,
    )


def _course(message: MetMessage, chance: random.Random) -> Iterator[Event]:
    at = message.accepted_at
    yield _event(message, EventType.MESSAGE_ACCEPTED, at)
    yield _event(message, EventType.MESSAGE_SUBMITTED, at + 300)
    if chance.random() < 0.04:
        yield _event(message, EventType.MESSAGE_FAILED, at + 9000, status="undelivered", error="30003")
        return
    yield _event(message, EventType.MESSAGE_DELIVERED, at + 4000)
    if chance.random() < 0.35:
        verdict, rule = chance.choice(MACHINES)
        yield _event(message, EventType.LINK_PREVIEWED, at + 5000, verdict=verdict, rule=rule)
    if chance.random() < 0.27:
        tap = at + 5000 + int(chance.expovariate(1 / (40 * 60_000)))
        yield _event(message, EventType.LINK_CLICKED, tap, verdict="human", rule="browser", first=True)
        if chance.random() < 0.3:
            yield _event(message, EventType.LINK_CLICKED, tap + 400_000, verdict="human", rule="browser", first=False)


def _event(message: MetMessage, type_: EventType, at: int, **data: Any) -> Event:
    return Event(
        id=f"{message.message_id}-{type_.value}-{at}",
        type=type_,
        at=at,
        account=message.account,
        message_id=message.message_id,
        code=message.code,
        recipient=message.recipient,
        sender=message.sender,
        tags=message.tags,
        data=data,
    )


def live_through(services: Services, message_id: str) -> list[Event]:
    """Let a message be sent, delivered, previewed and tapped, and its click be told: once in vain, once well.

    Returns the events that a recorder would keep of it.
    """
    message = services.messages.get(message_id)
    code, delivered = message.code, DeliveryReceipt(carrier_id="SM" + "5" * 32, status=MessageStatus.DELIVERED)
    services.messages.claim(code, lease_ms=60_000, first_look_ms=0)
    services.messages.advance(code, delivered, poll_ms=0, report_ms=0)
    preview, tap = (
        Judgement(verdict=Verdict.PREVIEW, rule="apple-messages"),
        Judgement(verdict=Verdict.HUMAN, rule="browser"),
    )
    services.links.follow(code, preview, spends=False, callback_ms=0)
    services.links.follow(code, tap, spends=True, callback_ms=0)
    at = message.accepted_at
    for place, (status, state) in enumerate(((500, CallbackState.PENDING), (200, CallbackState.DELIVERED))):
        claim = services.callbacks.claim(code, CallbackKind.CLICK, lease_ms=60_000)
        assert claim is not None
        attempt = Attempt(at=at + 9000 + 5000 * place, duration_ms=31, status_code=status)
        services.callbacks.finish(claim, attempt, state=state)
    return [
        _event(message_of(message), EventType.MESSAGE_ACCEPTED, at),
        _event(message_of(message), EventType.MESSAGE_SUBMITTED, at + 210),
        _event(message_of(message), EventType.MESSAGE_DELIVERED, at + 3120),
        _event(message_of(message), EventType.LINK_PREVIEWED, at + 4090, verdict="preview", rule="apple-messages"),
        _event(message_of(message), EventType.LINK_CLICKED, at + 8800, verdict="human", rule="browser", first=True),
    ]


def message_of(message: Message) -> MetMessage:
    """Write a message down as a recorder does when it meets it."""
    return MetMessage(
        code=message.code,
        message_id=message.id,
        account=message.account,
        recipient=message.recipient,
        sender=message.sender,
        tags=message.tags,
        accepted_at=message.accepted_at,
        status=MessageStatus.ACCEPTED.value,
        segments=message.segments,
        link=message.link.link if message.link else None,
        expires_at=message.link.expires_at if message.link else None,
    )
