"""Some days of an account as chance has it, and what the figures of any of these days must be, counted by hand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from itertools import count
from typing import Any

from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.domain.event import Event, EventType, MetMessage
from tests.factories import make_met

Type = EventType
TAGS = ("spring", "a b", "<x>&%_“é”", "=1+1")
LINKS = (None, "https://shop.test/a?id=1", "https://shop.test/a?id=2#x", "shop.test/b", "https://例え.test/%20")
MACHINES = ("preview", "prefetch", "scanner", "head", "unknown")
Holds = Callable[[int], bool]  # whether a time (UTC ms) lies in a period


@dataclass(slots=True, kw_only=True)
class History:
    """Messages, and what happened to them in the order in which the service learnt of it."""

    met: list[MetMessage] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def tagged(self, tag: str) -> History:
        """Leave out what has not this tag; nothing without one."""
        return History(
            met=[one for one in self.met if not tag or tag in one.tags],
            events=[one for one in self.events if not tag or tag in one.tags],
        )

    def count(self, type_: EventType, holds: Holds, **data: Any) -> int:
        """Count what happened in a period."""
        return sum(one.type is type_ and holds(one.at) and data.items() <= one.data.items() for one in self.events)

    def machine_hits(self, holds: Holds) -> int:
        """Count the hits that do not count, but for HEAD."""
        return self.count(Type.LINK_PREVIEWED, holds) - self.count(Type.LINK_PREVIEWED, holds, verdict="head")

    def first_clicks(self) -> dict[str, int]:
        """Say when each message was clicked first: by the earliest click that was the first, or took its place."""
        found: dict[str, int] = {}
        for one in self.events:
            if one.data.get("first") or one.data.get("became_first"):
                found[one.message_id] = min(one.at, found.get(one.message_id, one.at))
        return found

    def clicked(self, holds: Holds) -> int:
        """Count the messages whose first click lies in a period."""
        return sum(holds(at) for at in self.first_clicks().values())

    def rate(self, holds: Holds) -> tuple[int, int]:
        """Count the messages with a link that were delivered in a period, and before them those ever clicked."""
        links, first = {one.message_id for one in self.met if one.link}, self.first_clicks()
        delivered = [one.message_id for one in self.events if one.type is Type.MESSAGE_DELIVERED and holds(one.at)]
        linked = [one for one in delivered if one in links]
        return sum(one in first for one in linked), len(linked)

    def links(self, holds: Holds) -> dict[str, tuple[int, int]]:
        """Count by address, without its query, the messages clicked in a period, and the clicks."""
        page_of = {one.message_id: one.link.split("?")[0] for one in self.met if one.link}
        hits = [one for one in self.events if one.type is Type.LINK_CLICKED and holds(one.at)]
        clicks = Counter(page_of[one.message_id] for one in hits)
        clicked = Counter(page_of[name] for name, at in self.first_clicks().items() if holds(at))
        return {page: (clicked[page], clicks[page]) for page in clicks}


def days_of(first: date, last: date, zone: tzinfo) -> Holds:
    """Make the test whether a time lies in days of a zone; the hour around a midnight is in the day it begins."""

    def holds(at: int) -> bool:
        end_of_hour = at // HOUR_MS * HOUR_MS + HOUR_MS - 1
        return first <= datetime.fromtimestamp(end_of_hour / 1000, zone).date() <= last

    return holds


def make_history(sid: str, middle: int, chance: random.Random, *, messages: int = 30) -> History:
    """Let chance write to people around a moment, most of them close to it."""
    made, numbers = History(), count(1)
    stories = [_message(sid, _near(middle, chance), chance, made.met) for _ in range(messages)]
    stories += [[*_answers(sid, _near(middle, chance), chance)] for _ in range(4)]
    told = sorted((event for story in stories for event in story), key=lambda event: event.kept_at or event.at)
    made.events = [replace(event, id=f"a{middle}-{next(numbers)}") for event in told]
    return made


def _near(middle: int, chance: random.Random) -> int:
    return middle + int(chance.choice((HOUR_MS, 3 * HOUR_MS, DAY_MS)) * chance.uniform(-1, 1))


def _message(sid: str, at: int, chance: random.Random, met: list[MetMessage]) -> list[Event]:
    tags = tuple(chance.sample(TAGS, chance.randint(0, 2)))
    one = make_met(account=sid, accepted_at=at, tags=tags, link=chance.choice(LINKS), segments=chance.randint(1, 3))
    met.append(one)
    facts: dict[str, Any] = {"message_id": one.message_id, "code": one.code, "recipient": one.recipient, "tags": tags}

    def event(type_: EventType, hours: float, **data: Any) -> Event:
        return Event(id="", type=type_, at=at + int(hours * HOUR_MS), account=sid, data=data, **facts)

    told = [event(Type.MESSAGE_ACCEPTED, 0, segments=one.segments, cost=0.0079)]
    told += [event(type_, hours, **data) for type_, hours, data in _course(chance)]
    return told + ([*_hits(event, chance)] if one.link and len(told) > 1 else [])


def _course(chance: random.Random) -> Iterator[tuple[EventType, float, dict[str, Any]]]:
    end = chance.choice(("waits", "refused", "submitted", "undelivered", "delivered", "delivered", "delivered"))
    if end == "refused":
        yield Type.MESSAGE_FAILED, 0.01, {"status": "failed", "error": chance.choice(("21211", "opted-out"))}
    elif end != "waits":
        yield Type.MESSAGE_SUBMITTED, 0.01, {}
    if end == "undelivered":
        yield Type.MESSAGE_FAILED, chance.uniform(0.02, 30), {"status": "undelivered", "error": "30003"}
    elif end == "delivered":
        yield Type.MESSAGE_DELIVERED, chance.uniform(0.02, 5), {}


def _hits(event: Callable[..., Event], chance: random.Random) -> Iterator[Event]:
    for _ in range(chance.randint(0, 3)):
        yield event(Type.LINK_PREVIEWED, chance.uniform(0.02, 9), verdict=chance.choice(MACHINES), rule="a-rule")
    hours = sorted(chance.uniform(0.02, 40) for _ in range(chance.randint(0, 3)))
    for place, after in enumerate(hours):
        verdict = chance.choice(("human", "human", "unknown"))
        yield event(Type.LINK_CLICKED, after, first=place == 0, verdict=verdict, rule="a-rule")
    if hours and chance.random() < 0.4:  # answered while the store was away, and stored behind the others
        took = {"became_first": True} if chance.random() < 0.7 else {}
        early = event(Type.LINK_CLICKED, 0.015 + hours[0] / 5, verdict="human", rule="a-rule", first=False, **took)
        yield replace(early, kept_at=early.at + 50 * HOUR_MS)


def _answers(sid: str, at: int, chance: random.Random) -> Iterator[Event]:
    name = f"i{chance.random()}"
    facts: dict[str, Any] = {"id": "", "at": at, "account": sid, "recipient": "+14155550100", "sender": "12345"}
    yield Event(type=Type.MESSAGE_RECEIVED, data={"inbound_id": name, "text": "Stop", "keyword": "stop"}, **facts)
    if chance.random() < 0.6:
        yield Event(type=Type.RECIPIENT_UNSUBSCRIBED, data={"inbound_id": name, "reason": "word"}, **facts)
