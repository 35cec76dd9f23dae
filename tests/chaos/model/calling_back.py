"""Workers that call back, customers that answer, and those who ask for more."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import consumes, multiple, rule

from shortlink.domain.callback import ASKED_WAIT_MS, Attempt, CallbackKind, CallbackState
from shortlink.domain.due import Due
from shortlink.storage.callbacks import CallbackClaim, Redelivery, split_member
from tests.chaos.model.history import History, codes, tries
from tests.chaos.model.known import LEASE, PLANNED


class CallingBack(History):
    """What workers and customers do with callbacks."""

    @rule(target=tries)
    def take_offered_callbacks(self) -> Any:
        offered = self.ledger.offer(Due.CALLBACKS, again_ms=20_000, most=160, now=self.now).members
        there = [split_member(member) for member in offered]
        tried = [(code, kind) for code in self.known for kind in CallbackKind if (code, kind) in there]
        return multiple(*[claim for code, kind in tried if (claim := self._try(code, kind))])

    @rule(target=tries)
    def old_offers_of_callbacks_come(self) -> Any:
        everything = [(code, kind) for code in self.known for kind in CallbackKind]
        return multiple(*[claim for code, kind in everything if (claim := self._try(code, kind))])

    def _try(self, code: str, kind: CallbackKind) -> CallbackClaim | None:
        claim = self.callbacks.claim(code, kind, lease_ms=LEASE, now=self.now)
        if claim is None:
            return None
        known = self.known[code]
        self.began[claim.callback.id, claim.number] = self.now
        known.leases[kind] = self.now + LEASE
        known.newest[kind] = claim.number
        known.answered.pop(kind, None)
        assert known.planned.pop(PLANNED[kind], 0) <= self.now, "tried before its time"
        assert kind not in known.delivered or kind in known.reopened, "tried after a 200"
        assert claim.callback.tries_this_round <= 10
        return claim

    @rule(claim=consumes(tries), code=st.sampled_from([200, 500, 201, 410]))
    def customer_answers(self, claim: CallbackClaim, code: int) -> None:
        state = {200: CallbackState.DELIVERED, 410: CallbackState.STOPPED}.get(code, CallbackState.PENDING)
        if state is CallbackState.PENDING and claim.callback.tries_this_round >= 10:
            state = CallbackState.EXHAUSTED
        began = self.began[claim.callback.id, claim.number]  # whoever claims a try begins it at once or gives it up
        attempt = Attempt(at=began, duration_ms=self.now - began, status_code=code)
        kept = self.callbacks.finish(claim, attempt, state=state, wait_ms=5000, now=self.now)
        known, kind = self.known[claim.message.code], claim.callback.kind
        if claim.number == known.newest[kind]:
            known.answered[kind] = self.now
        if kept:
            known.plan(PLANNED[kind], self.now + 5000 if state is CallbackState.PENDING else None)
            known.leases.pop(kind, None)
        if kept and code == 200:
            known.delivered.add(kind)

    @rule(code=codes, kind=st.sampled_from(CallbackKind))
    def endpoint_has_enough(self, code: str, kind: CallbackKind) -> None:
        self.callbacks.defer(code, kind, wait_ms=200, now=self.now)

    @rule(code=codes, kind=st.sampled_from(CallbackKind))
    def ask_for_redelivery(self, code: str, kind: CallbackKind) -> None:
        answer = self.callbacks.redeliver(code, kind, reopening=list(CallbackState), now=self.now)
        known = self.known[code]
        if answer is Redelivery.REOPENED:
            known.reopened.add(kind)
        idle = answer is Redelivery.PENDING and known.leases.get(kind, 0) <= self.now
        if answer is Redelivery.REOPENED or idle:
            asked = known.answered[kind] + ASKED_WAIT_MS if kind in known.answered else self.now
            planned = min(asked, known.planned.get(PLANNED[kind], asked))
            known.plan(PLANNED[kind], planned if planned > self.now else None)
