"""Workers that send, and a carrier that answers, refuses, is busy or says nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import consumes, multiple, rule

from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.message import DeliveryReceipt, MessageStatus
from shortlink.storage import keys
from shortlink.storage.sendings import MessageClaim, Work
from tests.chaos.model.history import History, claims, codes
from tests.chaos.model.known import LEASE, LOOK

S = MessageStatus


class Sending(History):
    """What workers and the carrier do with messages."""

    @rule(target=claims)
    def take_offered_messages(self) -> Any:
        offered = self.ledger.offer(Due.MESSAGES, again_ms=20_000, most=160, now=self.now).members
        return multiple(*[claim for code in self.known if code in offered and (claim := self._claim(code))])

    @rule(target=claims)
    def old_offers_of_messages_come(self) -> Any:
        return multiple(*[claim for code in self.known if (claim := self._claim(code))])

    def _claim(self, code: str) -> MessageClaim | None:
        known = self.known[code]
        was = self._status(code)
        claim = self.sendings.claim(code, lease_ms=LEASE, first_look_ms=LOOK, now=self.now)
        if claim is None:
            if (was, self._status(code)) == (S.SUBMITTING.value, S.UNKNOWN.value):  # its worker had died in the call
                known.plan("y", self.now + LOOK)
            return None
        assert known.planned.pop("y", 0) <= self.now, "claimed before its time"
        assert known.final is None
        if claim.work is Work.SUBMIT:
            known.submits += 1
            assert known.carrier_id is None, "sent again although the carrier has it"
        return claim

    @rule(claim=consumes(claims), status=st.sampled_from([S.QUEUED, S.SENT, S.FAILED]))
    def carrier_answers(self, claim: MessageClaim, status: MessageStatus) -> None:
        token = claim.token if status is S.FAILED else ""
        self._advance(claim.message.code, status, "" if token else "SM" + claim.message.code, token)

    @rule(claim=consumes(claims))
    def carrier_is_busy(self, claim: MessageClaim) -> None:
        if claim.work is Work.SUBMIT:
            self._postpone(claim, S.ACCEPTED, 1000)

    @rule(claim=consumes(claims))
    def carrier_stays_silent(self, claim: MessageClaim) -> None:
        if claim.work is Work.SUBMIT:
            self._postpone(claim, S.UNKNOWN, LOOK)

    @rule(claim=consumes(claims), hold=st.booleans())
    def look_finds_nothing(self, claim: MessageClaim, hold: bool) -> None:
        if claim.work is Work.RECONCILE:
            self._postpone(claim, S.UNCONFIRMED if hold else S.ACCEPTED, None if hold else 0)

    def _postpone(self, claim: MessageClaim, status: MessageStatus, wait_ms: int | None) -> None:
        code = claim.message.code
        before = replace(self.inspector.look(code, now=self.now), life_ms=0)
        kept = self.sendings.postpone(
            code,
            token=claim.token,
            leaving=[claim.message.status],
            status=status,
            wait_ms=wait_ms,
            now=self.now,
        )
        if kept:
            self.known[code].plan("y", None if wait_ms is None else self.now + wait_ms)
        else:
            after = replace(self.inspector.look(code, now=self.now), life_ms=0)
            assert after == before, "a stale claim changed something"

    @rule(code=codes, status=st.sampled_from([S.QUEUED, S.SENT, S.DELIVERED, S.UNDELIVERED]))
    def receipt_comes(self, code: str, status: MessageStatus) -> None:
        if self.known[code].submits:
            self._advance(code, status, "SM" + code, "")

    @rule(code=codes)
    def second_message_at_the_carrier(self, code: str) -> None:
        known = self.known[code]
        if known.carrier_id is not None:
            receipt = DeliveryReceipt(carrier_id="SMother", status=S.DELIVERED)
            before = self.messages.get(known.message.id)
            self.sendings.advance(code, receipt, poll_ms=1000, report_ms=0, now=self.now)
            assert self.messages.get(known.message.id) == before
            self.store.delete(keys.events(partition_of(code)))  # the alarm itself would fail the audit

    def _advance(self, code: str, status: MessageStatus, carrier_id: str, token: str) -> None:
        known = self.known[code]
        receipt = DeliveryReceipt(carrier_id=carrier_id, status=status)
        answer = self.sendings.advance(code, receipt, token=token, poll_ms=5000, report_ms=0, now=self.now)
        if answer in ("ok", "adopted"):
            assert known.final is None, "a final status was left"
            assert status.rank > known.best_rank, "a status went down"
            known.best_rank = status.rank
            known.carrier_id = carrier_id or known.carrier_id
            known.final = status if status.is_final else None
            known.plan("y", None if status.is_final else self.now + 5000)
