"""Deliver one callback: count the try, post, keep what came of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shortlink.callbacks import CallbackSender
from shortlink.callbacks.payload import BodyFormat, encode_body
from shortlink.domain.account import DAMAGED_WAIT_MS, Account, signing_secrets
from shortlink.domain.callback import MAX_TRIES, Attempt, Callback, CallbackKind, CallbackState, wait_before_try
from shortlink.domain.errors import AccountUnreadable
from shortlink.domain.lease import safe_ms
from shortlink.domain.message import Message
from shortlink.storage.accounts import AccountStore
from shortlink.storage.callbacks import CallbackClaim, CallbackStore, split_member
from shortlink.use_cases.endpoint_gate import EndpointGate
from shortlink.use_cases.machine_clock import now_ms
from shortlink.use_cases.timed_cache import TimedCache

ACCOUNT_SECONDS = 1.0  # how long a rotated secret may go unnoticed by a worker
SPREAD_MS = 300  # those put off come back spread out, not all at once


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDesk:
    """The stores, the sender and the rules that delivering callbacks needs.

    `payload` writes the fields in the customers' dialect.
    """

    callbacks: CallbackStore
    account: Callable[[str], Account]
    sender: CallbackSender
    gate: EndpointGate
    payload: Callable[[Message, Callback], Mapping[str, Any]]
    body_format: BodyFormat
    schedule: Sequence[float]
    lease_ms: int
    key: bytes


def remember_accounts(accounts: AccountStore) -> Callable[[str], Account]:
    """Read each account at most once in ACCOUNT_SECONDS."""
    return TimedCache(accounts.owner, seconds=ACCOUNT_SECONDS)


def deliver_callback(member: str, desk: CallbackDesk) -> None:
    """Claim a due callback and try it once.

    Safe to call at any time and any number of times: without a claim nothing is posted. Raises
    StoreUnavailable; the lease then brings the callback back, its try already counted. Raises RecordUnreadable, which
    is noted; the callback comes back as well, and no try was counted. Nor is one while its account cannot be read, so
    that nobody could sign it.
    """
    code, kind = split_member(member)
    receiver = desk.callbacks.receiver_of(code, kind)
    if receiver is None:
        _try_once(code, kind, desk)  # finds nothing owed, and says so to the ledger
        return
    if not _can_sign(receiver.account, desk):
        desk.callbacks.defer(code, kind, wait_ms=DAMAGED_WAIT_MS)
        return
    if wait_ms := desk.gate.enter(receiver.url, account=receiver.account):
        desk.callbacks.defer(code, kind, wait_ms=wait_ms + int(random.random() * SPREAD_MS))  # noqa: S311
        return
    attempt = None
    try:
        attempt = _try_once(code, kind, desk)
    finally:
        desk.gate.leave(
            receiver.url,
            account=receiver.account,
            answered_well=attempt.answered if attempt else None,
            seconds=attempt.duration_ms / 1000 if attempt else 0.0,
        )


def _can_sign(sid: str, desk: CallbackDesk) -> bool:
    try:
        desk.account(sid)
    except AccountUnreadable:
        return False
    return True


def _try_once(code: str, kind: CallbackKind, desk: CallbackDesk) -> Attempt | None:
    """Say what came of the try; None when the endpoint was not asked, as another worker has the try."""
    started = time.monotonic()
    claim = desk.callbacks.claim(code, kind, lease_ms=desk.lease_ms)
    if claim is None or (time.monotonic() - started) * 1000 > safe_ms(desk.lease_ms):
        return None
    attempt = _post(claim, desk)
    desk.callbacks.finish(claim, attempt, state=_state_after(claim, attempt), wait_ms=_wait(claim, attempt, desk))
    return attempt


def _post(claim: CallbackClaim, desk: CallbackDesk) -> Attempt:
    now = now_ms()
    account = desk.account(claim.message.account)
    body, content_type = encode_body(desk.payload(claim.message, claim.callback), desk.body_format)
    return desk.sender.send(
        claim.callback.url,
        event_id=claim.callback.id,
        body=body,
        content_type=content_type,
        secrets=signing_secrets(account, now, desk.key),
        now_ms=now,
    )


def _state_after(claim: CallbackClaim, attempt: Attempt) -> CallbackState:
    if attempt.delivered:
        return CallbackState.DELIVERED
    if attempt.final:
        return CallbackState.STOPPED
    return CallbackState.EXHAUSTED if claim.callback.tries_this_round >= MAX_TRIES else CallbackState.PENDING


def _wait(claim: CallbackClaim, attempt: Attempt, desk: CallbackDesk) -> int:
    jitter = random.random()  # noqa: S311, spreads load, hides nothing
    return wait_before_try(claim.callback.tries_this_round, schedule=desk.schedule, last=attempt, jitter=jitter)
