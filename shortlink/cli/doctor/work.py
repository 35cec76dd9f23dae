"""Whether what is owed is done in time."""

from __future__ import annotations

from shortlink.cli.doctor.finding import Finding, ok, warning

LATE_MS = 60_000
UNSENT_MS = 900_000


def look_at_due(name: str, first_at: int | None, now: int) -> Finding:
    """Look for when the first of what is owed was planned; both are UTC ms by the store's clock."""
    what = f"{name} that wait"
    if first_at is None:
        return ok(what, "none")
    if now - first_at <= LATE_MS:
        return ok(what, "none is late")
    seen = f"the first should have been attended to {(now - first_at) / 1000:,.0f} s ago"
    mend = "look at the logs of dispatcher and workers; where they run and nothing is wrong, start more workers"
    return warning(what, seen, mend)


def look_at_unsent(accepted_at: int | None, now: int) -> Finding:
    """Look for when the oldest message was accepted that the carrier does not have for sure; both are UTC ms."""
    name = "messages not sent"
    if accepted_at is None or now - accepted_at <= UNSENT_MS:
        return ok(name, "none for long")
    seen = f"the oldest was accepted {(now - accepted_at) / 1000:,.0f} s ago"
    mend = "see whether the carrier answers (its credentials, below), and what the log of the workers says"
    return warning(name, seen, mend)
