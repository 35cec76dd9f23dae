"""T7: random histories over the real scripts, checked against a small model and every invariant after each step.

The clock is the test's own, so that leases end and links expire when a rule says so. A crash is a claim whose
holder is never heard of again, or is heard of much too late.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from shortlink.domain.callback import ASKED_WAIT_MS, Attempt, Callback, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import IdempotencyMismatch, StoreUnavailable
from shortlink.domain.invariants import Bounds, check
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.domain.snapshot import Snapshot
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackClaim, CallbackStore, Redelivery, split_member
from shortlink.storage.connection import connect
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore, Standing
from shortlink.storage.messages import IdempotencyKey, MessageStore
from shortlink.storage.sendings import MessageClaim, SendingStore, Work
from shortlink.use_cases.audit_store import audit_store
from tests.factories import MINT, link_start, make_message

S = MessageStatus
Result = TypeVar("Result")
LEASE = 60_000
LOOK = 30_000
BOUNDS = Bounds(message_ms=LEASE, callback_ms=LEASE, record_ms=3650 * DAY_MS)  # nothing here waits longer
PLANNED = {CallbackKind.CLICK: "cy", CallbackKind.REPORT: "ry"}
START = 1_790_000_000_000
PATIENCE = 20
MESSAGES = 3  # in one history: with few, much happens to each
MOSTLY = st.sampled_from([True, True, True, False])
EXAMPLES, STEPS = (int(n) for n in os.environ.get("MODEL", "300x50").split("x"))


@dataclass
class Known:
    """What the model knows of one message."""

    message: Message
    accepted_at: int
    submits: int = 0  # claims that told a worker to call the carrier
    carrier_id: str | None = None
    final: MessageStatus | None = None
    best_rank: int = 0
    first_click: int | None = None
    clicks: int = 0
    delivered: set[CallbackKind] = field(default_factory=set)
    reopened: set[CallbackKind] = field(default_factory=set)
    planned: dict[str, int] = field(default_factory=dict)  # record field → the time before which it claims nothing
    leases: dict[CallbackKind, int] = field(default_factory=dict)  # of callbacks, until when
    newest: dict[CallbackKind, int] = field(default_factory=dict)  # tries claimed
    answered: dict[CallbackKind, int] = field(default_factory=dict)  # when the newest try was

    def plan(self, field_name: str, at: int | None) -> None:
        """Keep what was planned, or that nothing is."""
        self.planned.pop(field_name, None)
        if at is not None:
            self.planned[field_name] = at


def in_time(call: Callable[[], Result]) -> Result:
    """Do what the store refuses, changing nothing, when it comes too late: on a busy machine that is no fault."""
    for _ in range(PATIENCE):
        with suppress(StoreUnavailable):
            return call()
    return call()


class LedgerMachine(RuleBasedStateMachine):
    """Customers, taps, workers, a carrier and a clock, all at random."""

    url = ""
    codes: Bundle[str] = Bundle("codes")
    claims: Bundle[MessageClaim] = Bundle("claims")
    tries: Bundle[CallbackClaim] = Bundle("tries")

    @initialize()
    def start(self) -> None:
        self.store = connect(self.url)
        self.store.flushdb()
        self.messages = MessageStore(self.store, link_ms=90 * DAY_MS, record_ms=3650 * DAY_MS)
        self.sendings = SendingStore(self.store)
        self.links = LinkStore(self.store)
        self.callbacks = CallbackStore(self.store)
        self.ledger = Ledger(self.store)
        self.inspector = Inspector(self.store)
        self.now = START
        self.known: dict[str, Known] = {}
        self.keys: dict[str, tuple[str, str]] = {}
        self.began: dict[tuple[str, int], int] = {}  # tries of callbacks, by event id and number

    def teardown(self) -> None:
        if hasattr(self, "store"):
            assert list(audit_store(self.inspector, bounds=BOUNDS, now=self.now)) == []
            self.store.close()

    @precondition(lambda self: len(self.known) < MESSAGES)
    @rule(target=codes, tracked=MOSTLY, click=MOSTLY, report=MOSTLY)
    def accept(self, tracked: bool, click: bool, report: bool) -> str:
        changes: dict[str, Any] = {}
        if not report:
            changes["report_url"] = None
        if not click:
            changes["click_url"] = None
        message = make_message(tracked=tracked, **changes)
        self._add(message, None)
        if self.now % 2:
            self._add(message, None)  # the client library sent it twice: the first reply was lost
        return message.code

    @rule(target=codes, key=st.sampled_from("abc"), content=st.sampled_from("xy"))
    def accept_with_key(self, key: str, content: str) -> Any:
        digest = key * 32
        idempotency = IdempotencyKey(partition=partition_of(digest), digest=digest, fingerprint=content)
        message = make_message(code=MINT.draw_in(idempotency.partition))
        known = self.keys.get(key)
        if known is None and len(self.known) >= MESSAGES:
            return multiple()
        if known is not None and known[1] != content:
            with pytest.raises(IdempotencyMismatch):
                self._add(message, idempotency)
            return multiple()
        kept = self._add(message, idempotency)
        assert kept == (known[0] if known else message.id)
        self.keys.setdefault(key, (message.id, content))
        return message.code if known is None else multiple()

    def _add(self, message: Message, idempotency: IdempotencyKey | None) -> str:
        start, today = link_start(message), self.now // DAY_MS
        kept = in_time(
            lambda: self.messages.add(message, link_start=start, today=today, idempotency=idempotency, now=self.now)
        )
        if kept == message.id:
            self.known.setdefault(message.code, Known(message=message, accepted_at=self.now))
        return kept

    @rule(seconds=st.sampled_from([1, 6, 6, 31, 31, 61, 61, 3600, 86_400 * 10]))
    def let_time_pass(self, seconds: int) -> None:
        self.now += seconds * 1000

    @rule(due=st.sampled_from(Due))
    def lose_an_offer(self, due: Due) -> None:
        self.ledger.offer(due, again_ms=20_000, most=160, now=self.now)

    @rule(due=st.sampled_from(Due))
    def sleep_until_something_is_due(self, due: Due) -> None:
        self.now = max(self.now, self.ledger.first_due_at(due) or 0)

    @rule(target=claims)
    def take_offered_messages(self) -> Any:
        offered = self.ledger.offer(Due.MESSAGES, again_ms=20_000, most=160, now=self.now).members
        return multiple(*[claim for code in self.known if code in offered and (claim := self._claim(code))])

    @rule(target=tries)
    def take_offered_callbacks(self) -> Any:
        offered = self.ledger.offer(Due.CALLBACKS, again_ms=20_000, most=160, now=self.now).members
        there = [split_member(member) for member in offered]
        tried = [(code, kind) for code in self.known for kind in CallbackKind if (code, kind) in there]
        return multiple(*[claim for code, kind in tried if (claim := self._try(code, kind))])

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
            self.store.delete(f"{{{partition_of(code)}}}ev")  # the alarm itself would fail the audit

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

    @rule(
        code=codes,
        verdict=st.sampled_from([Verdict.HUMAN, Verdict.HUMAN, *Verdict]),
        late=st.sampled_from([0] * 7 + [91 * DAY_MS]),
    )
    def tap(self, code: str, verdict: Verdict, late: int) -> None:
        known = self.known[code]
        at = self.now + late
        spends = verdict in (Verdict.HUMAN, Verdict.UNKNOWN)
        judgement = Judgement(verdict=verdict, rule="model")
        followed = in_time(lambda: self.links.follow(code, judgement, spends=spends, callback_ms=0, now=at))
        if known.message.link is None:
            assert followed.standing is Standing.UNKNOWN
        elif at >= known.accepted_at + 90 * DAY_MS:
            assert followed.standing is Standing.GONE
        else:
            assert followed.link == known.message.link.link
            known.clicks += spends
            if spends and known.first_click is None:
                known.first_click = at

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

    @rule()
    def store_forgets_its_scripts(self) -> None:
        self.store.script_flush()

    @invariant()
    def every_message_is_as_the_model_says(self) -> None:
        known_messages = getattr(self, "known", {})
        snapshots = self.inspector.look_at(list(known_messages), now=self.now) if known_messages else []
        stored = self._plans(list(known_messages)) if known_messages else {}
        for snapshot, known in zip(snapshots, known_messages.values(), strict=True):
            assert check(snapshot, BOUNDS) == []
            message = snapshot.message
            assert message is not None
            assert known.final is None or message.status is known.final
            assert message.carrier_id == known.carrier_id
            self._check_plans(known, snapshot, stored[snapshot.code])
            if message.link is not None:
                assert message.link.first_click_at == known.first_click
                assert message.link.clicks == known.clicks
            self._check_callbacks(known, snapshot.callbacks)

    def _plans(self, codes: list[str]) -> dict[str, dict[str, int]]:
        names = ["y", *PLANNED.values()]
        pipe = self.store.pipeline(transaction=False)
        for code in codes:
            pipe.hmget(keys.record(code), names)
        rows = zip(codes, pipe.execute(), strict=True)
        return {code: {name: int(at) for name, at in zip(names, row, strict=True) if at} for code, row in rows}

    def _check_plans(self, known: Known, snapshot: Snapshot, stored: dict[str, int]) -> None:
        """What is planned is stored, and nothing brings it forward."""
        assert stored == known.planned
        due = {"y": snapshot.due_at} | {PLANNED[kind]: at for kind, at in snapshot.callbacks_due.items()}
        for name, at in known.planned.items():
            assert at <= self.now or (due[name] or 0) >= at, f"{name} was brought forward"

    def _status(self, code: str) -> str:
        return str(self.store.hget(keys.record(code), "s"))

    def _check_callbacks(self, known: Known, callbacks: tuple[Callback, ...]) -> None:
        for callback in callbacks:
            assert callback.id == f"{known.message.id}-{callback.kind.name.lower()}"
            if callback.kind in known.delivered - known.reopened:
                assert callback.state is CallbackState.DELIVERED


@pytest.mark.timeout(900)
def test_no_history_breaks_an_invariant(valkey_url: str, store: object) -> None:
    class Machine(LedgerMachine):
        url = valkey_url

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
