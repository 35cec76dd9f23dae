"""Pick what is told next: every webhook in its turn, no faster than it wants, and none whose receiver keeps failing."""

from __future__ import annotations

from collections.abc import Iterable

from shortlink.archive.webhook_attempts import Claimed
from shortlink.domain.webhook import Webhook
from shortlink.use_cases.tell_webhooks import KnownWebhooks, TellDesk


def claim_next(known: KnownWebhooks, desk: TellDesk, *, free: int) -> list[Claimed]:
    """Claim what is tried next, at most `free`: every webhook with something due gets its turn before any gets two.

    Each claim has entered the gate; whoever gets it leaves the gate when the call is over.
    """
    active = known.active()
    pending = desk.deliveries.pending(active, now=desk.now())
    due = {name: size for name, (_, size) in pending.items() if size}
    wanted, closed = _take_turns(due, active, desk, free=free)
    claimed: list[Claimed] = []
    try:
        _note_held(closed, active, desk)
        claimed = _claim(wanted, active, desk)
    finally:  # the archive may be away: who entered for nothing would shut the gate until this process ends
        _leave_gate(wanted, claimed, active, desk)
    return claimed


def _take_turns(
    due: dict[str, int], active: dict[str, Webhook], desk: TellDesk, *, free: int
) -> tuple[dict[str, int], set[str]]:
    """Enter the gate by turns; says how often for each webhook, and which would take no more."""
    wanted = dict.fromkeys(due, 0)
    closed: set[str] = set()
    while free > 0 and (open_ := [name for name in wanted if name not in closed and wanted[name] < due[name]]):
        for name in sorted(open_, key=lambda one: wanted[one])[:free]:
            webhook = active[name]
            if desk.pace.may_call(name, webhook.rate) and not desk.gate.enter(webhook.url, account=webhook.account):
                wanted[name] += 1
                free -= 1
            else:
                closed.add(name)
    return wanted, closed


def _note_held(closed: Iterable[str], active: dict[str, Webhook], desk: TellDesk) -> None:
    """Note which webhooks get nothing for a while because their receivers keep failing, for whoever looks at them."""
    now, waits = desk.now(), {name: _left_alone(active[name], desk) for name in closed}
    if held := {name: now + wait for name, wait in waits.items() if wait}:
        desk.holds.note(held, now=now)


def _left_alone(webhook: Webhook, desk: TellDesk) -> int:
    return desk.gate.left_alone(webhook.url, account=webhook.account)


def _claim(wanted: dict[str, int], active: dict[str, Webhook], desk: TellDesk) -> list[Claimed]:
    """Claim so many of each."""
    if not any(wanted.values()):
        return []
    return desk.deliveries.claim(
        {name: count for name, count in wanted.items() if count},
        accounts={name: webhook.account for name, webhook in active.items()},
        now=desk.now(),
        lease_ms=desk.lease_ms,
        most_tries=desk.most_tries,
        singly={name for name, webhook in active.items() if webhook.batch is None},
    )


def _leave_gate(wanted: dict[str, int], claimed: list[Claimed], active: dict[str, Webhook], desk: TellDesk) -> None:
    """Leave the gate again for whatever was not claimed after all."""
    for name, count in wanted.items():
        for _ in range(count - sum(one.webhook == name for one in claimed)):
            desk.gate.leave(active[name].url, account=active[name].account, answered_well=None)
