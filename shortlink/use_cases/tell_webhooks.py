"""Turn events into what webhooks are owed, and do what was asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from shortlink.archive.events import EventLog
from shortlink.archive.webhook_deliveries import Owed, WebhookDeliveries
from shortlink.archive.webhook_holds import WebhookHolds
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import NotFound, WebhookUnreadable
from shortlink.domain.event import Event
from shortlink.domain.webhook import Webhook, batch_id
from shortlink.storage.webhook_errands import Asked, Errand
from shortlink.storage.webhooks import WebhookStore
from shortlink.use_cases.endpoint_gate import EndpointGate
from shortlink.use_cases.machine_clock import now_ms
from shortlink.use_cases.webhook_pace import Pace

log = logging.getLogger(__name__)
WINDOW = 1000  # deliveries that a webhook is owed at once; the rest of a flood waits in the log of events
PAGE = 200
KEPT_MS = 30 * DAY_MS  # how long the delivery log reaches back


@dataclass(frozen=True, slots=True, kw_only=True)
class TellDesk:
    """What telling webhooks of events needs."""

    webhooks: WebhookStore
    events: EventLog
    deliveries: WebhookDeliveries
    holds: WebhookHolds
    gate: EndpointGate
    pace: Pace
    lease_ms: int
    most_tries: int
    window: int = WINDOW
    page: int = PAGE
    now: Callable[[], int] = now_ms


@dataclass(slots=True)
class KnownWebhooks:
    """The webhooks of all accounts, read again when they have changed."""

    store: WebhookStore
    versions: dict[str, str] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)  # accounts of which not all can be read
    by_account: dict[str, list[Webhook]] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)  # ids of those that ask for what this version does not know

    def refresh(self) -> None:
        """Look for changes; costs one question when there are none, and one more for each account with damage.

        What cannot be read is told nothing, and looked at again: who mends it by hand counts no change.
        """
        versions = self.store.versions()
        for sid, version in versions.items():
            if self.versions.get(sid) != version or sid in self.damaged:
                self._read(sid)
                self.versions[sid] = version
        for sid in set(self.by_account) - set(versions):
            del self.by_account[sid], self.versions[sid]
            self.damaged.discard(sid)

    def _read(self, sid: str) -> None:
        found = self.store.look_at(sid)
        self.by_account[sid] = [one for one in found if isinstance(one, Webhook)]
        (self.damaged.discard if len(self.by_account[sid]) == len(found) else self.damaged.add)(sid)
        self._tell_of_later(self.by_account[sid])

    def all(self) -> dict[str, Webhook]:
        """Give every webhook by its id."""
        return {webhook.id: webhook for found in self.by_account.values() for webhook in found}

    def active(self) -> dict[str, Webhook]:
        """Give those that are not paused, by id.

        One that asks for nothing but events of a later version waits for that: its place in the events stays.
        """
        return {name: one for name, one in self.all().items() if one.paused is None and one.events}

    def _tell_of_later(self, webhooks: Sequence[Webhook]) -> None:
        for webhook in webhooks:
            if webhook.later_events and webhook.id not in self.told:
                self.told.add(webhook.id)
                words = ", ".join(webhook.later_events)
                log.warning(
                    "webhook %s asks for events of a later version, which are not told by this one: %s; the later one"
                    " tells them, and a replay those of until then",
                    webhook.id,
                    words,
                )


def owe_events(webhook: Webhook, desk: TellDesk, *, room: int) -> bool:
    """Turn the next events that a webhook wants into deliveries, at most `room`; True when there may be more at once.

    One transaction moves the webhook's place and keeps the deliveries, so none is lost or made twice.
    """
    before = desk.deliveries.place_of(webhook.id)
    after = _beginning(webhook, desk) if before is None else before
    page = desk.events.page(
        webhook.account, after=after, types=webhook.events, tag=webhook.tag, limit=min(desk.page, room)
    )
    wanted = [event for event in page.events if webhook.wants(event)]
    owed, place = _deliveries(webhook, wanted, last=page.next, more=page.more, now=desk.now())
    if before is None or place > after:
        desk.deliveries.owe(webhook.id, owed, before=before, after=place, now=desk.now())
    return page.more and place > after


def _beginning(webhook: Webhook, desk: TellDesk) -> int:
    """Say where a new webhook begins: at 0 in an archive that was made again, which counts anew.

    What happened before the webhook was made is told by its time then.
    """
    same = webhook.archive in (0, desk.events.identity()) and webhook.begins_after <= desk.events.newest_seq()
    return webhook.begins_after if same else 0


def _deliveries(
    webhook: Webhook, events: Sequence[Event], *, last: int, more: bool, now: int
) -> tuple[list[Owed], int]:
    """Make deliveries of events, and say up to which place they reach; a batch that may still grow is left."""
    batch = webhook.batch
    if batch is None:
        return [Owed(id=event.id, places=(event.seq,)) for event in events], last
    owed: list[Owed] = []
    place = last if not events else 0
    for begin in range(0, len(events), batch.most):
        part = events[begin : begin + batch.most]
        # Either way: the store dates events, and its clock may be far ahead of this machine's.
        is_young = abs(now - part[0].at) < batch.seconds * 1000
        grows = len(part) < batch.most and not more and is_young
        if grows:
            return owed, place or part[0].seq - 1
        owed.append(Owed(id=batch_id(webhook, part), places=tuple(event.seq for event in part)))
        place = part[-1].seq
    return owed, last


def do_errands(desk: TellDesk) -> None:
    """Do what was asked for; a kill in between has it done again, which owes the same deliveries under the same ids.

    Of several replays of one webhook one goes on, by a page: the events of all others wait for this round.
    """
    replayed: set[str] = set()
    for asked in desk.webhooks.errands.asked():
        if asked.errand is Errand.REPLAY:
            if asked.webhook in replayed:
                continue
            replayed.add(asked.webhook)
        with suppress(WebhookUnreadable):  # it is done once the webhook is mended
            desk.webhooks.errands.done(asked, rest=_do(asked, desk))


def _do(asked: Asked, desk: TellDesk) -> Asked | None:
    """Do one errand, or a part of it; returns what is left.

    The webhook is read anew: it may have been made a moment ago, and is forgotten only if it is deleted.
    """
    now = desk.now()
    try:
        webhook = desk.webhooks.get(asked.account, asked.webhook)
    except NotFound:
        return None
    if asked.errand is Errand.REPLAY:
        return _replay(asked, webhook, desk, now)
    if asked.errand is Errand.RESUME:
        desk.deliveries.bring_forward(webhook.id, clock=desk.now, lease_ms=desk.lease_ms)
    else:
        desk.deliveries.owe_again(webhook.id, [Owed(id=f"test_{asked.id}", places=())], now=now)
    return None


def _replay(asked: Asked, webhook: Webhook, desk: TellDesk, now: int) -> Asked | None:
    """Owe the next page of a time range again, each event by itself; a long one waits while there is no room."""
    if desk.deliveries.pending([webhook.id], now=now).get(webhook.id, (0, 0))[0] > desk.window:
        return asked
    after, end = max(asked.after, _beginning(webhook, desk)), desk.deliveries.place_of(webhook.id) or 0
    page = desk.events.page(webhook.account, after=after, types=webhook.events, tag=webhook.tag, limit=desk.page)
    again = [
        Owed(id=event.id, places=(event.seq,))
        for event in page.events
        if event.seq <= end and asked.since <= event.at < asked.until and webhook.wants(event)
    ]
    desk.deliveries.owe_again(webhook.id, again, now=now)
    return replace(asked, after=page.next) if page.more and page.next < end else None
