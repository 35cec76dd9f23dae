"""One round of telling: what has happened becomes owed, and what is due is claimed."""

from __future__ import annotations

from dataclasses import dataclass, field

from shortlink.archive.webhook_attempts import Claimed
from shortlink.domain.durations import DAY_MS, HOUR_MS
from shortlink.domain.webhook import Webhook
from shortlink.use_cases.tell_webhooks import (
    KEPT_MS,
    KnownWebhooks,
    TellDesk,
    do_errands,
    owe_events,
)
from shortlink.use_cases.webhook_turns import claim_next

TIDY_MS = HOUR_MS
MISSING_MS = 3 * DAY_MS  # how long a webhook has to be gone from the store before what it is owed goes as well


@dataclass(slots=True)
class Rounds:
    """What one process remembers from round to round; losing it costs nothing but a look at everything."""

    known: KnownWebhooks
    seen: int = -1  # the archive's newest place when everybody was last looked after
    places: dict[str, int | None] = field(default_factory=dict)  # the same of each account
    behind: set[str] = field(default_factory=set)  # webhooks that may want more of what is there already
    versions: dict[str, str] = field(default_factory=dict)
    tidied_at: int = 0


def tell_round(rounds: Rounds, desk: TellDesk, *, free: int) -> list[Claimed]:
    """Look for changes and news, and claim at most `free` deliveries.

    Raises StoreUnavailable and ArchiveUnavailable; the next round goes on where this one ended.
    """
    rounds.known.refresh()
    do_errands(desk)
    _look_after(rounds, desk)
    claimed = claim_next(rounds.known, desk, free=free) if free > 0 else []
    _tidy(rounds, desk)
    return claimed


def _look_after(rounds: Rounds, desk: TellDesk) -> None:
    """Turn what is new into deliveries; accounts to whom nothing has happened are asked one short question, if any."""
    newest = desk.events.newest_seq()
    active = rounds.known.active()
    by_account: dict[str, list[Webhook]] = {}
    for webhook in active.values():
        by_account.setdefault(webhook.account, []).append(webhook)
    for sid, webhooks in by_account.items():
        place = rounds.places.get(sid) if newest == rounds.seen else desk.events.newest_seq(sid)
        version = rounds.known.versions[sid]
        changed = (place, version) != (rounds.places.get(sid), rounds.versions.get(sid))
        for webhook in webhooks:
            if changed or webhook.id in rounds.behind or webhook.batch is not None:
                _owe(webhook, rounds, desk)
        rounds.places[sid], rounds.versions[sid] = place, version
    rounds.behind &= set(active)
    rounds.seen = newest


def _owe(webhook: Webhook, rounds: Rounds, desk: TellDesk) -> None:
    size, _ = desk.deliveries.pending([webhook.id], now=desk.now()).get(webhook.id, (0, 0))
    room = desk.window - size
    more = owe_events(webhook, desk, room=room) if room > 0 else True
    (rounds.behind.add if more else rounds.behind.discard)(webhook.id)


def _tidy(rounds: Rounds, desk: TellDesk) -> None:
    now = desk.now()
    if now - rounds.tidied_at <= TIDY_MS:
        return
    rounds.tidied_at = now
    desk.deliveries.tidy(before=now - KEPT_MS)
    # A store that never had a webhook is a wrong one, or lost what it held; and what cannot be read is not gone.
    if rounds.known.versions and not rounds.known.damaged:
        desk.deliveries.forget_missing(rounds.known.all(), now=now, missing_before=now - MISSING_MS)
