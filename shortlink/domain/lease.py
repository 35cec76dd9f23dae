"""A lease: how long a claim holds, and how long its holder may count on it."""

from __future__ import annotations


def safe_ms(lease_ms: int) -> float:
    """Say for how long after a claim something may be begun under it: half the lease, as the rest is for its end."""
    return lease_ms / 2
