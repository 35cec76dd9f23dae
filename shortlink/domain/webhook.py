"""A webhook: one address of an account that is told of events, and the rules by which it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from shortlink.domain import base62
from shortlink.domain.account import signing_versions, webhook_secret
from shortlink.domain.callback import Attempt
from shortlink.domain.durations import DAY_MS
from shortlink.domain.event import Event, EventType

MOST_WEBHOOKS = 20  # an account
MOST_ASKED = 50  # tests and replays of one account that wait to be done; each costs every round a look
ID_PREFIX = "wh_"
TEST_TYPE = "webhook.test"
LATENESS_MS = 5 * DAY_MS  # a webhook at which every try failed for so long is paused
DEFAULT_RATE = 50.0
# Tries to hand a message or a callback over are for the log files: nobody wants to be called about a call.
TOLD_OF = tuple(
    type_ for type_ in EventType if type_ not in (EventType.MESSAGE_ATTEMPTED, EventType.CALLBACK_ATTEMPTED)
)


class PauseReason(StrEnum):
    """Why a webhook is told nothing for now. What happens meanwhile is kept for it."""

    ASKED = "asked"  # its account paused it
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # every try failed for days


class DeliveryState(StrEnum):
    """How far the telling of an event has come. All but PENDING are ends."""

    PENDING = "p"
    DELIVERED = "d"  # the receiver answered 2xx
    EXHAUSTED = "x"  # all tries were made
    DROPPED = "g"  # there is nothing left to tell: the event is no longer kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Several events in one POST: as many as `most`, or what there is when the oldest waits for `seconds`."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One endpoint for events. Times are UTC milliseconds."""

    id: str
    account: str
    url: str
    events: tuple[EventType, ...]
    created_at: int
    begins_after: int = 0  # the archive's newest place when it was made: nothing before is told
    archive: int = 0  # which archive that place is in; 0 for webhooks of before archives had an identity
    body_format: str = "json"  # or "form"
    tag: str | None = None  # only events of messages with this tag
    description: str = ""
    batch: Batch | None = None
    rate: float = DEFAULT_RATE  # POSTs a second, at most
    paused: str | None = None  # a PauseReason, or a later version's word for one
    paused_at: int | None = None
    resumed_at: int = 0
    added_at: dict[str, int] = field(default_factory=dict)  # when event types were added that it did not begin with
    secret_version: int = 1
    secret_rotated_at: tuple[int, ...] = ()  # oldest first, as many as were needed at the last rotation
    later_events: tuple[str, ...] = ()  # words of a later version that it asks for too; kept, and not told here
    later_fields: Mapping[str, Any] = field(default_factory=dict)  # what else a later version knows of it; kept

    def wants(self, event: Event) -> bool:
        """Whether this event is to be told here."""
        asked_for = event.type in self.events and (self.tag is None or self.tag in event.tags)
        since = self.added_at.get(event.type, self.created_at)
        return asked_for and event.account == self.account and event.at >= since


def new_webhook_id() -> str:
    """Draw an id: 16 random letters and digits behind a prefix."""
    return ID_PREFIX + base62.draw(16)


def current_secret(webhook: Webhook, key: bytes) -> str:
    """Derive the secret that signs now; ids of webhooks and accounts never look alike, so no two secrets are."""
    return webhook_secret(webhook.id, webhook.secret_version, key)


def signing_secrets(webhook: Webhook, now: int, key: bytes) -> list[str]:
    """List the secrets that sign at `now`, the current one first."""
    versions = signing_versions(webhook.secret_version, webhook.secret_rotated_at, now)
    return [webhook_secret(webhook.id, version, key) for version in versions]


def paused(webhook: Webhook, reason: PauseReason, now: int) -> Webhook:
    """Pause a webhook; one that is paused keeps its reason."""
    return webhook if webhook.paused else replace(webhook, paused=reason, paused_at=now)


def resumed(webhook: Webhook, now: int) -> Webhook:
    """Resume a webhook; one that is not paused stays as it is."""
    return replace(webhook, paused=None, paused_at=None, resumed_at=now) if webhook.paused else webhook


def arrived(attempt: Attempt) -> bool:
    """Whether a try ends a delivery well: any 2xx does, other than for callbacks."""
    return attempt.status_code is not None and 200 <= attempt.status_code < 300


def batch_id(webhook: Webhook, events: Sequence[Event]) -> str:
    """Name a delivery of several events: the same for the same events."""
    return f"{webhook.id}.{events[0].id}.{len(events)}"
