"""What can happen to a message, each of it by the real scripts and as chance has it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.durations import HOUR_MS
from shortlink.domain.errors import CarrierBusy, CarrierRefused, OutcomeUnknown
from shortlink.domain.inbound import InboundMessage
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.domain.opt_out import Wish
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.links import LinkStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.send_desk import SendDesk
from tests.use_cases.conftest import ScriptedCarrier
from tests.use_cases.recording import SID, advance, tap

_HUMAN = Judgement(verdict=Verdict.HUMAN, rule="a-rule")


@dataclass(slots=True, kw_only=True)
class Happenings:
    """Lets one thing after another happen."""

    chance: random.Random
    desk: SendDesk
    carrier: ScriptedCarrier
    sendings: SendingStore
    links: LinkStore
    opt_outs: OptOutStore
    erasures: ErasureStore

    def befall(self, one: Message) -> None:
        """Let something happen to a message, taps and receipts most often."""
        often = [self._tap, self._tap_late, self._visit, self._attend, self._receive]
        acts: list[Callable[[Message], None]] = [*often, *often, self._receive, self._answer, self._switch, self._erase]
        self.chance.choice(acts)(one)

    def _attend(self, one: Message) -> None:
        taken = DeliveryReceipt(carrier_id=f"SM{one.code}", status=MessageStatus.QUEUED)
        refused, busy = CarrierRefused("no", code="21211"), CarrierBusy("later", code="20429")
        self.carrier.answers = [self.chance.choice((taken, taken, refused, busy, OutcomeUnknown("no answer")))]
        attend_message(one.code, self.desk)

    def _receive(self, one: Message) -> None:
        status = self.chance.choice((MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.UNDELIVERED))
        advance(self.sendings, one, status, "30003" if status is MessageStatus.UNDELIVERED else None)

    def _tap(self, one: Message) -> None:
        tap(self.links, one)

    def _tap_late(self, one: Message) -> None:
        """Store a tap that was answered while the store was away, as much as two hours before the message."""
        at = one.accepted_at + self.chance.choice((-2, 0, 5)) * HOUR_MS
        self.links.keep_answered(one.code, _HUMAN, spends=True, callback_ms=0, at=at)

    def _visit(self, one: Message) -> None:
        verdict = self.chance.choice((Verdict.PREVIEW, Verdict.HEAD, Verdict.SCANNER, Verdict.UNKNOWN))
        tap(self.links, one, verdict)

    def _answer(self, one: Message) -> None:
        wish, name = self.chance.choice((Wish.STOP, Wish.START, None)), f"SM{self.chance.random()}"
        said = InboundMessage(carrier_id=name, sender=one.recipient, recipient="12345", text="Hi", wish=wish)
        self.opt_outs.take(said, SID)

    def _switch(self, one: Message) -> None:
        self.links.switch(one.code, on=self.chance.random() < 0.7, by="cli")

    def _erase(self, one: Message) -> None:
        self.erasures.erase(one, person=True)
        self.opt_outs.erase(one.recipient)
