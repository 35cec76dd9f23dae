"""Tries of a click's callback in a store, at a time of the test's choosing."""

from __future__ import annotations

from shortlink.domain.callback import Attempt, CallbackKind
from shortlink.domain.message import Message
from shortlink.storage.callbacks import CallbackClaim, CallbackStore
from tests.storage.conftest import NOW

LEASE = 60_000
CLICK = CallbackKind.CLICK


def answer(code: int | None, error: str | None = None) -> Attempt:
    return Attempt(at=NOW, duration_ms=12, status_code=code, error=error)


def take(callbacks: CallbackStore, message: Message, now: int = NOW) -> CallbackClaim:
    claim = callbacks.claim(message.code, CLICK, lease_ms=LEASE, now=now)
    assert claim is not None
    return claim
