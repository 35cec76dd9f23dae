"""The callback store: claim a try, keep what came of it, list what was tried."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from shortlink.domain.callback import (
    ASKED_WAIT_MS,
    ATTEMPTS_KEPT,
    MAX_TRIES,
    Attempt,
    Callback,
    CallbackKind,
    CallbackState,
)
from shortlink.domain.code import partition_of
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.record import (
    URL_FIELD,
    pack_attempt,
    unpack_callback,
    unpack_callbacks,
    unpack_message,
    unpack_pairs,
)
from shortlink.storage.record_reader import noting_damage, read_record
from shortlink.storage.scripts import Script, clock
from shortlink.storage.unreadable_claims import unclaiming_unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackClaim:
    """A callback taken for one try, which is counted already."""

    number: int
    callback: Callback
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Whom a callback is for: the account, and its URL."""

    account: str
    url: str


class Redelivery(StrEnum):
    """What asking for a redelivery led to."""

    REOPENED = "ok"
    PENDING = "pending"  # it was being tried anyway
    KEPT = "kept"  # it ended otherwise than asked for
    NOTHING_OWED = "none"


def member(code: str, kind: CallbackKind) -> str:
    """Name a callback in its due set."""
    return code + kind.value


def split_member(text: str) -> tuple[str, CallbackKind]:
    """Take a due set's member apart."""
    return text[:-1], CallbackKind(text[-1])


class CallbackStore:
    """The callbacks that messages owe."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._claim = Script(store, "claim_callback")
        self._unclaim = Script(store, "unclaim_callback")
        self._finish = Script(store, "finish_callback")
        self._redeliver = Script(store, "redeliver_callback")
        self._defer = Script(store, "defer_callback")

    def list_of(self, message: Message) -> list[Callback]:
        """List the callbacks of a message that have fallen due so far. Raises RecordUnreadable."""
        return read_record(self._store, message.code, unpack_callbacks) or []

    def receiver_of(self, code: str, kind: CallbackKind) -> Receiver | None:
        """Read whose callback it is and where it goes, without claiming it; None when the message is gone.

        Raises RecordUnreadable, which is noted.
        """
        with noting_damage(self._store, code):
            account, url = self._store.line.call("HMGET", keys.record(code), "a", URL_FIELD[kind])
        return Receiver(account=account, url=url) if account and url else None

    def defer(self, code: str, kind: CallbackKind, *, wait_ms: int, now: int | None = None) -> str:
        """Put an offered callback off without counting a try; see defer_callback.lua for the answers."""
        names = [keys.record(code), keys.due_callbacks(partition_of(code))]
        return str(self._defer(names, [clock(now), code, kind.value, wait_ms]))

    def claim(self, code: str, kind: CallbackKind, *, lease_ms: int, now: int | None = None) -> CallbackClaim | None:
        """Count and take the next try of a due callback; None when somebody has it or nothing is owed.

        Raises RecordUnreadable, which is noted; the callback stays due, and no try of it is counted.
        """
        partition = partition_of(code)
        names = [keys.record(code), keys.due_callbacks(partition), keys.events(partition)]
        unclaim = partial(self._unclaim, [keys.record(code)], [clock(now), kind.value])
        with noting_damage(self._store, code), unclaiming_unreadable(unclaim, lease_ms=lease_ms):
            answer = self._claim(names, [clock(now), code, kind.value, lease_ms, MAX_TRIES, ATTEMPTS_KEPT])
            if answer[0] not in ("try", "damaged"):
                return None
            record = unpack_pairs(answer[2:])
            callback, message = unpack_callback(code, kind, record), unpack_message(code, record)
        return CallbackClaim(number=int(answer[1]), callback=callback, message=message)

    def finish(
        self,
        claim: CallbackClaim,
        attempt: Attempt,
        *,
        state: CallbackState,
        wait_ms: int = 0,
        now: int | None = None,
    ) -> bool:
        """Keep an attempt and plan the next or end the callback. False when the claim was stale."""
        code = claim.message.code
        partition = partition_of(code)
        answer = self._finish(
            [keys.record(code), keys.due_callbacks(partition), keys.events(partition)],
            [
                clock(now),
                code,
                claim.callback.kind.value,
                claim.number,
                pack_attempt(attempt),
                state.value,
                wait_ms,
                ATTEMPTS_KEPT,
            ],
        )
        return bool(answer == "ok")

    def redeliver(
        self, code: str, kind: CallbackKind, *, reopening: Collection[CallbackState], now: int | None = None
    ) -> Redelivery:
        """Begin another round of tries when the callback ended in one of these states; bring a planned try forward.

        The next try is never made earlier than ASKED_WAIT_MS after the last one.
        """
        partition = partition_of(code)
        answer = self._redeliver(
            [keys.record(code), keys.due_callbacks(partition), keys.events(partition)],
            [clock(now), code, kind.value, "".join(reopening), ASKED_WAIT_MS],
        )
        return Redelivery(answer)
