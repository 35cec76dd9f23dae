"""One round of telling: what has happened becomes owed, and what is due is claimed."""

from __future__ import annotations

from dataclasses import dataclass, field

from shortlink.archive.webhook_deliveries import Claimed
from shortlink.domain.webhook import Webhook
from shortlink.use_cases.tell_webhooks import (
    KEPT_MS,
    KnownWebhooks,
    TellDesk,
    claim_next,
    do_errands,
    owe_events,
)

TIDY_MS = 3_600_000


@dataclass(slots=True)
class Rounds:
    """What one process remembers from round to round; losing it costs nothing but a look at everything."""

    known: KnownWebhooks
    seen: int = -1  # the archive's newest place when everybody was last looked after
    behind: set[str] = field(default_factory=set)  # webhooks that may want more of what is there already
    versions: dict[str, int] = field(default_factory=dict)
    tidied_at: int = 0


def tell_round(rounds: Rounds, desk: TellDesk, *, free: int) -> list[Claimed]:
    """Look for changes and news, and claim at most `free` deliveries.

    Raises StoreUnavailable and ArchiveUnavailable; the next round goes on where this one ended.
    """
    rounds.known.refresh()
    do_errands(rounds.known, desk)
    _look_after(rounds, desk)
    claimed = claim_next(rounds.known, desk, free=free) if free > 0 else []
    _tidy(rounds, desk)
    return claimed


def _look_after(rounds: Rounds, desk: TellDesk) -> None:
    """Turn what is new into deliveries; nobody is asked about when nothing has changed."""
    newest = desk.events.newest_seq()
    active = rounds.known.active()
    changed = newest != rounds.seen or rounds.known.versions != rounds.versions
    for name, webhook in active.items():
        if changed or name in rounds.behind or webhook.batch is not None:
            _owe(webhook, rounds, desk)
    rounds.behind &= set(active)
    rounds.seen, rounds.versions = newest, dict(rounds.known.versions)


def _owe(webhook: Webhook, rounds: Rounds, desk: TellDesk) -> None:
    size, _ = desk.deliveries.pending([webhook.id], now=desk.now()).get(webhook.id, (0, 0))
    room = desk.window - size
    more = owe_events(webhook, desk, room=room) if room > 0 else True
    (rounds.behind.add if more else rounds.behind.discard)(webhook.id)


def _tidy(rounds: Rounds, desk: TellDesk) -> None:
    now = desk.now()
    if now - rounds.tidied_at > TIDY_MS:
        rounds.tidied_at = now
        desk.deliveries.tidy(before=now - KEPT_MS, webhooks=list(rounds.known.all()))
