"""An account's past: messages of many days as a recorder would have kept them, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shortlink.domain.code import CodeMint
from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.domain.event import Event, EventType, MetMessage
from shortlink.domain.message import MessageStatus
from shortlink.domain.message_id import new_message_id

LINK_DAYS = 90
MINT = CodeMint("shortlink", 9)
TARGETS = (
    "https://shop.test/sale",
    "https://shop.test/new/winter-coats",
    "https://shop.test/stores/shinjuku",
    "https://clinic.test/appointments",
)
TAGS = (("spring-sale", "tokyo"), ("spring-sale", "osaka"), ("new-arrivals",), ("reminder",), ())
MACHINES = (("preview", "apple-messages"), ("preview", "samsung-messages"), ("scanner", "barracuda-sentinel"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDay:
    """The events of a day's messages in order of time, and the messages."""

    events: list[Event]
    met: list[MetMessage]


def past_days(account: str, *, now: int, days: int, a_day: int, seed: int = 7) -> Iterator[PastDay]:
    """Draw the days up to now: about `a_day` messages each, in the morning and the evening, fewer at weekends."""
    chance = random.Random(seed)
    for ago in range(days - 1, -1, -1):
        begin = now - now % DAY_MS - ago * DAY_MS
        busy = a_day if (begin // DAY_MS + 4) % 7 < 5 else a_day // 3
        met: list[MetMessage] = []
        events: list[Event] = []
        for _ in range(round(busy * chance.uniform(0.7, 1.3))):
            message = _draw(account, begin + int(chance.triangular(0, 24, chance.choice((2, 10))) * HOUR_MS), chance)
            if course := [event for event in _course(message, chance) if event.at < now]:
                met.append(message)
                events += course
        yield PastDay(events=sorted(events, key=lambda event: event.at), met=met)


def event_of(message: MetMessage, type_: EventType, at: int, **data: Any) -> Event:
    """Make an event of a message."""
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


def _draw(account: str, at: int, chance: random.Random) -> MetMessage:
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
        expires_at=at + LINK_DAYS * DAY_MS,
    )


def _course(message: MetMessage, chance: random.Random) -> Iterator[Event]:
    at = message.accepted_at
    yield event_of(message, EventType.MESSAGE_ACCEPTED, at, segments=1, cost=0.0, link=message.link)
    yield event_of(message, EventType.MESSAGE_SUBMITTED, at + 300)
    if chance.random() < 0.04:
        yield event_of(message, EventType.MESSAGE_FAILED, at + 9000, status="undelivered", error="30003")
        return
    yield event_of(message, EventType.MESSAGE_DELIVERED, at + 4000)
    if chance.random() < 0.35:
        verdict, rule = chance.choice(MACHINES)
        yield event_of(message, EventType.LINK_PREVIEWED, at + 5000, verdict=verdict, rule=rule)
    if chance.random() < 0.27:
        tap = at + 5000 + int(chance.expovariate(1 / (40 * 60_000)))
        yield event_of(message, EventType.LINK_CLICKED, tap, verdict="human", rule="browser", first=True)
        if chance.random() < 0.3:
            yield event_of(message, EventType.LINK_CLICKED, tap + 400_000, verdict="human", rule="browser", first=False)
