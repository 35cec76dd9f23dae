"""Count what of a request is new, so that a repeat is not throttled by its own first try."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from shortlink.domain.code import partition_of
from shortlink.storage.messages import MessageStore
from shortlink.storage.steps import Steps

AT_ONCE = 100  # in one round trip: everybody else's commands go in between, and a tap waits for one of these at most


def count_new(names: Sequence[str], *, sid: str, messages: MessageStore) -> int:
    """Count the idempotency keys behind the last one under which something was accepted.

    What stands before it was counted with it, whatever became of it. From the last on, because after a lost answer
    the end of a batch is known, too.
    """
    for start in reversed(range(0, len(names), AT_ONCE)):
        some = names[start : start + AT_ONCE]
        found = messages.perform_many([known_steps(name, sid=sid, messages=messages) for name in some])
        known = [place for place, answer in enumerate(found, start) if answer is True]
        if known:
            return len(names) - known[-1] - 1
    return len(names)


def known_steps(name: str, *, sid: str, messages: MessageStore) -> Steps[bool]:
    """Say, on any line, whether an account's idempotency key is known: nothing new is ever accepted under it."""
    digest = digest_of(name, sid=sid)
    return messages.knows_steps(partition_of(digest), digest)


def place_name(key: str, place: int) -> str:
    """Name one place of a batch with this idempotency key; no single send can have that name."""
    return f"{key}\n{place}"


def digest_of(name: str, *, sid: str) -> str:
    """Make the digest under which an account's idempotency key is kept."""
    return hashlib.sha256(f"{sid} {name}".encode()).hexdigest()[:32]
