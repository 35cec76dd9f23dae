"""The sendings: a message's way to the carrier, and on to its final status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from shortlink.domain.code import partition_of
from shortlink.domain.message import FINAL_RANK, DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.compact import pack_carrier_id
from shortlink.storage.connection import Store
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.record import reading, unpack_message, unpack_pairs
from shortlink.storage.record_reader import noting_damage
from shortlink.storage.scripts import Script, clock
from shortlink.storage.unreadable_claims import unclaiming_unreadable

_RANKS = "".join(f"{status.value}{status.rank}" for status in MessageStatus)


class Work(StrEnum):
    """What a claimed message needs."""

    SUBMIT = "submit"
    RECONCILE = "reconcile"
    POLL = "poll"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageClaim:
    """A message taken to work on. `looks` counts the looks made at the carrier since its status changed."""

    work: Work
    token: str
    looks: int
    message: Message


class SendingStore:
    """The moves of accepted messages. Times are UTC milliseconds; `now=None` is the store's own clock."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._claim = Script(store, "claim_message")
        self._unclaim = Script(store, "unclaim_message")
        self._postpone = Script(store, "postpone_message")
        self._advance = Script(store, "advance_message")

    def now(self) -> int:
        """Read the store's clock, by which messages were accepted."""
        return self._store.now()

    def claim(self, code: str, *, lease_ms: int, first_look_ms: int, now: int | None = None) -> MessageClaim | None:
        """Take a due message to work on it for `lease_ms`; None when somebody has it or nothing is left to do.

        Raises RecordUnreadable, which is noted; the message stays due, for who mends it.
        """
        partition = partition_of(code)
        names = [keys.record(code), keys.due_messages(partition), keys.events(partition)]
        unclaim = partial(self._unclaim, [keys.record(code)], [clock(now)])
        with noting_damage(self._store, code), unclaiming_unreadable(unclaim, lease_ms=lease_ms):
            answer = self._claim(names, [clock(now), code, lease_ms, first_look_ms])
            if answer[0] not in (Work.SUBMIT, Work.RECONCILE, Work.POLL, "damaged"):
                return None
            record = unpack_pairs(answer[2:])
            with reading(code, record):
                message, looks = unpack_message(code, record), int(record.get("w", 0))
        return MessageClaim(work=Work(answer[0]), token=str(answer[1]), looks=looks, message=message)

    def postpone(
        self,
        code: str,
        *,
        token: str,
        leaving: Sequence[MessageStatus],
        status: MessageStatus,
        wait_ms: int | None,
        looks: int = 0,
        event: EntryKind | None = None,
        detail: str = "",
        now: int | None = None,
    ) -> bool:
        """Let go of a claimed message; `wait_ms=None` takes it off the ledger. False when the claim is stale.

        `event` is noted together with it, as is `detail`, why.
        """
        partition = partition_of(code)
        wait = "" if wait_ms is None else wait_ms
        letters = "".join(leaving)
        answer = self._postpone(
            [keys.record(code), keys.due_messages(partition), keys.events(partition)],
            [clock(now), code, token, letters, status.value, wait, looks, event or "", detail],
        )
        return bool(answer == "ok")

    def advance(
        self,
        code: str,
        receipt: DeliveryReceipt,
        *,
        token: str = "",
        poll_ms: int,
        report_ms: int,
        now: int | None = None,
    ) -> str:
        """Raise a message's status by the carrier's word; see advance_message.lua for the answers.

        With a token it is bad news that only the newest claim may bring. `poll_ms` is the wait until it is
        fetched when no receipt comes, `report_ms` the wait before the first try of its report.
        """
        partition = partition_of(code)
        answer = self._advance(
            [
                keys.record(code),
                keys.due_messages(partition),
                keys.due_callbacks(partition),
                keys.events(partition),
            ],
            [
                clock(now),
                code,
                token,
                pack_carrier_id(receipt.carrier_id),
                receipt.status.value,
                receipt.error or "",
                _RANKS,
                FINAL_RANK,
                poll_ms,
                report_ms,
                receipt.carrier_id,
            ],
        )
        return str(answer)
