"""What is needed to bring messages to the carrier, and the steps that submitting, reconciling and polling share."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shortlink.carriers import Carrier
from shortlink.domain.errors import CarrierRejectsUs, NotFound
from shortlink.domain.lease import safe_ms
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage.accounts import AccountStore
from shortlink.storage.carrier_ids import CarrierIdStore
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.presence import PresenceStore
from shortlink.storage.senders import SenderStore
from shortlink.storage.sendings import MessageClaim, SendingStore
from shortlink.use_cases.carrier_pace import CarrierPace
from shortlink.use_cases.carrier_trouble import CarrierTrouble
from shortlink.use_cases.timed_cache import TimedCache

PAUSE_SECONDS = 30  # of all sending when the carrier refuses us: soon enough after an operator has mended it
SPREAD = 0.2  # of a wait
CACHE_SECONDS = 0.5  # a closed account or a pause holds within a second


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRules:
    """Waits, all in ms, and where receipts come to (None: the carrier cannot reach us, so it is polled).

    `reply_address` names the sender that an answer to a message will come to, None when nobody can answer it.
    """

    lease_ms: int
    backoff_ms: Sequence[int]
    looks_ms: Sequence[int]
    polls_ms: Sequence[int]
    report_ms: int
    receipt_url: Callable[[Message], str | None]
    reply_address: Callable[[Message], str | None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDesk:
    """The stores, the carrier and the rules that attending to messages needs."""

    sendings: SendingStore
    carrier_ids: CarrierIdStore
    accounts: AccountStore
    presence: PresenceStore
    opt_outs: OptOutStore
    senders: SenderStore
    carrier: Carrier
    rules: SendRules
    pace: CarrierPace
    closed: TimedCache[bool]
    paused: TimedCache[str | None]
    trouble: CarrierTrouble = field(default_factory=CarrierTrouble)

    def is_closed(self, sid: str) -> bool:
        """Say whether an account is switched off, or was a moment ago."""
        return self.closed(sid)

    def is_paused(self) -> bool:
        """Say whether all sending is paused, or was a moment ago."""
        return self.paused() is not None

    def adopt(self, message: Message, receipt: DeliveryReceipt, *, token: str = "") -> str:
        """Raise a message's status by the carrier's word; with a token it is bad news of one claim's own."""
        answer = self.sendings.advance(
            message.code, receipt, token=token, poll_ms=self.rules.polls_ms[0], report_ms=self.rules.report_ms
        )
        if answer == "adopted" and message.link is None:
            self.carrier_ids.own(receipt.carrier_id, message.code)
        return answer

    def note_sender(self, message: Message) -> None:
        """Note from which sender the carrier took a message, so that an answer finds its account.

        To be called before it is adopted: what is adopted is looked at by nobody again.
        """
        if (address := self.rules.reply_address(message)) is not None:
            self.senders.note(address, message.account, message.recipient)

    def try_later(
        self,
        claim: MessageClaim,
        status: MessageStatus,
        wait_ms: int,
        *,
        looks: int | None = None,
        tried: str | None = None,
    ) -> None:
        """Put a claimed message back, to be attended to again after a wait.

        `tried` says why the carrier did not take it, when it was asked to.
        """
        self.sendings.postpone(
            claim.message.code,
            token=claim.token,
            leaving=[claim.message.status],
            status=status,
            wait_ms=wait_ms,
            looks=claim.looks if looks is None else looks,
            event=None if tried is None else EntryKind.BUSY,
            detail=tried or "",
        )

    def pause(self, error: CarrierRejectsUs) -> None:
        """Stop all sending for a while: the carrier refuses our account, which no message is to blame for."""
        cause = error.reason.removesuffix(".")
        reason = (
            f"the carrier refuses our account ({error.code or 'no code'}): {cause}; check the credentials and settings"
            " for it"
        )
        self.presence.pause_sending(reason, seconds=PAUSE_SECONDS)
        self.paused.learn("", reason)


def make_send_desk(
    *,
    sendings: SendingStore,
    carrier_ids: CarrierIdStore,
    accounts: AccountStore,
    presence: PresenceStore,
    opt_outs: OptOutStore,
    senders: SenderStore,
    carrier: Carrier,
    rules: SendRules,
    pace: CarrierPace,
    cache_seconds: float = CACHE_SECONDS,
) -> SendDesk:
    """Make a desk that asks the store at most once in `cache_seconds` what is the same for many messages."""

    def read_closed(sid: str) -> bool:
        try:
            return accounts.get(sid).disabled
        except NotFound:
            return False

    return SendDesk(
        sendings=sendings,
        carrier_ids=carrier_ids,
        accounts=accounts,
        presence=presence,
        opt_outs=opt_outs,
        senders=senders,
        carrier=carrier,
        rules=rules,
        pace=pace,
        closed=TimedCache(read_closed, seconds=cache_seconds),
        paused=TimedCache(lambda _: presence.sending_paused(), seconds=cache_seconds),
    )


def step(waits: Sequence[int], made: int) -> int:
    """Pick the wait after so many tries; the last one repeats. Up to SPREAD more, so that a crowd spreads out."""
    base = waits[min(made, len(waits) - 1)]
    return base + int(base * SPREAD * random.random())  # noqa: S311, spreads load, hides nothing


def overslept(started: float, lease_ms: int) -> bool:
    """Say whether half the lease is gone since `started` (monotonic seconds): too late to begin a call."""
    return (time.monotonic() - started) * 1000 > safe_ms(lease_ms)
