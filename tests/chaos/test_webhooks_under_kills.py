"""Webhooks under kill -9: what they are told is what the log holds, whatever process is killed."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Collection

import pytest
import requests

from shortlink.archive.database import Archive
from shortlink.archive.events import EventLog
from shortlink.archive.webhook_log import WebhookLog
from shortlink.domain.errors import ArchiveUnavailable
from shortlink.domain.event import EventType
from shortlink.domain.webhook import DeliveryState
from tests.chaos.rig.journal import journals
from tests.chaos.rig.outcome import Outcome
from tests.chaos.rig.processes import OURS, Killer
from tests.chaos.rig.sender import Sender, fields_for
from tests.chaos.rig.service import HURRIED, Service, running, show_progress, wait_for
from tests.chaos.rig.sink import Policy, Reply, Sink
from tests.chaos.rig.tapper import Tapper

TOLD = (
    EventType.MESSAGE_ACCEPTED,
    EventType.MESSAGE_SUBMITTED,
    EventType.MESSAGE_DELIVERED,
    EventType.LINK_CLICKED,
    EventType.LINK_PREVIEWED,
)
MUST_HAPPEN = (EventType.MESSAGE_ACCEPTED, EventType.MESSAGE_DELIVERED, EventType.LINK_CLICKED)
PATH = "events"
DRAIN_SECONDS = 60.0
SETTINGS = {"SHORTLINK_WEBHOOK_SCHEDULE": "0,0.2,0.2,0.3,0.3,0.5,0.5,1,1,1,1,1,1,1,1"}


def moody(seed: int) -> Policy:
    """A receiver that takes most at once, drops some, and answers some late or with 500."""

    def answer(_path: str, number: int) -> Reply:
        mood = random.Random(f"{seed} {number}").random()
        if mood < 0.8:
            return Reply(status=204)
        return Reply(status=500 if mood < 0.9 else 0) if mood < 0.95 else Reply(delay=0.2)

    return answer


def run(
    *,
    seed: int,
    links: int,
    rate: float,
    kill_every: float,
    roles: Collection[str] = OURS,
    settings: dict[str, str] | None = None,
) -> Outcome:
    """Send and tap under fire, let it calm down, compare what was told with the log."""
    outcome, dice = Outcome(test="Webhooks under kill -9", seed=seed), random.Random(seed)
    with (
        journals("sink", "taps", "sent") as (sink_journal, tap_journal, send_journal),
        running(settings=SETTINGS | (settings or {})) as service,
        Sink(sink_journal, moody(seed)) as sink,
    ):
        webhook = _subscribe(service, sink.url(PATH))
        show_progress("running")
        with Killer(service.up, dice, every=kill_every, roles=roles) as killer:
            sender = Sender(service.api_url, service.installation.auth, send_journal)
            codes = list(sender.send_all(range(links), fields_for).values())
            show_progress(f"{links:,} messages accepted; tapping them")
            Tapper(tap_journal, threads=8).tap_all(codes, service.short_url, rate=rate, again_seconds=15)
        began = time.monotonic()
        told = Told(service, webhook, messages=links)
        show_progress(f"{killer.total} kills; waiting until all is told")
        calm = wait_for(told.is_complete, seconds=DRAIN_SECONDS)
        outcome.at_most("seconds from the last kill until everything was told", calm or 1e9, DRAIN_SECONDS)
        arrived = [str(one["event"]) for one in sink_journal.entries() if one["what"] == "arrived"]
        logged = told.logged()
        outcome.none_of("events told that no log holds", set(arrived) - set(logged))
        outcome.none_of("events in the log that were never told", set(logged) - set(arrived))
        outcome.none_of("ids that the log holds twice", {one for one, count in Counter(logged).items() if count > 1})
        outcome.note("kills", ", ".join(f"{role} {count}" for role, count in killer.kills.items()))
        outcome.note("size", f"{links:,} messages, {len(logged):,} events, {len(arrived):,} POSTs")
        outcome.note("seconds to calm down", time.monotonic() - began)
        told.close()
    return outcome


class Told:
    """The archive of the service under test, read from outside."""

    def __init__(self, service: Service, webhook: str, *, messages: int) -> None:
        self._archive = Archive(service.spool.parent / "archive")
        self._events, self._log = EventLog(self._archive), WebhookLog(self._archive)
        self._sid, self._webhook, self._messages = service.installation.auth[0], webhook, messages

    def logged(self, types: Collection[EventType] = TOLD) -> list[str]:
        """Name every event of these kinds in the log."""
        return [event.id for event in self._events.page(self._sid, types=types, limit=1_000_000).events]

    def is_complete(self) -> bool:
        """Whether all that must have happened is in the log, and all that is in the log was told."""
        try:
            happened = all(len(self.logged([type_])) >= self._messages for type_ in MUST_HAPPEN)
            attempts = self._log.attempts(self._webhook, limit=1_000_000)
            arrived = {one.id for one in attempts if one.state is DeliveryState.DELIVERED}
            return happened and arrived >= set(self.logged())
        except ArchiveUnavailable:
            return False

    def close(self) -> None:
        self._archive.close()


def _subscribe(service: Service, url: str) -> str:
    answer = requests.post(
        f"{service.api_url}/webhooks/",
        json={"url": url, "events": [type_.value for type_ in TOLD], "rate": 200},
        auth=service.installation.auth,
        timeout=10,
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.mark.timeout(240)
def test_what_webhooks_are_told_is_what_the_log_holds_however_often_we_are_killed() -> None:
    roles = ("recorder", "webhooks", "dispatcher", "messages")  # the doors are killed in T1
    outcome = run(seed=1, links=25, rate=12, kill_every=0.25, roles=roles, settings=HURRIED)
    print(outcome.table())
    assert outcome.broken == []
