"""A record that everything has happened to, and the fields that it had on the way."""

from __future__ import annotations

import time
from dataclasses import replace

import redis

from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.durations import DAY_MS
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.links import FOLLOW_WITHIN_MS, LinkStore
from shortlink.storage.sendings import SendingStore
from tests.factories import link_start, make_message, open_messages


class FullRecord:
    """Takes messages through all that can happen to one."""

    def __init__(self, client: Store, store: redis.Redis) -> None:
        self._client = client
        self._store = store
        self._message = make_message(tags=("one", "two"), segments=2, cost=3.5)
        self._links = LinkStore(client)
        self.fields: set[str] = set()

    def live(self) -> None:
        """Live through it from the accept to the erasure."""
        self._accept(replace(make_message(tracked=False), tracked=True))
        self._accept(self._message)
        self._send()
        self._tap()
        for kind in CallbackKind:
            self._call_back(kind)
        self._links.switch(self._message.code, on=False, by="api")
        self._hit(Verdict.HUMAN)
        ErasureStore(self._client).erase(self._message, person=True)
        self._look()

    def _look(self, message: Message | None = None) -> None:
        record = keys.record((message or self._message).code)
        self.fields.update(str(name) for name in self._store.hkeys(record))

    def _accept(self, message: Message) -> None:
        today = int(time.time() * 1000) // DAY_MS
        open_messages(self._client).add(message, link_start=link_start(message), today=today)
        self._look(message)

    def _send(self) -> None:
        code, sendings = self._message.code, SendingStore(self._client)
        busy = sendings.claim(code, lease_ms=60_000, first_look_ms=0)
        self._look()
        assert busy is not None
        leaving = [MessageStatus.SUBMITTING]
        sendings.postpone(code, token=busy.token, leaving=leaving, status=MessageStatus.ACCEPTED, wait_ms=0, looks=1)
        self._look()
        sendings.claim(code, lease_ms=60_000, first_look_ms=0)
        lost = DeliveryReceipt(carrier_id="SM1", status=MessageStatus.UNDELIVERED, error="30003")
        sendings.advance(code, lost, poll_ms=0, report_ms=0)

    def _tap(self) -> None:
        for verdict in (Verdict.HUMAN, Verdict.PREVIEW, Verdict.HEAD):
            self._hit(verdict)
        while "W" not in self.fields:  # on a busy machine the moment may be over before it comes
            self._hit(Verdict.HUMAN, waited_ms=FOLLOW_WITHIN_MS // 2)

    def _hit(self, verdict: Verdict, *, waited_ms: int = 0) -> None:
        judgement, until = Judgement(verdict=verdict, rule="rule"), self._links.last_moment() - waited_ms
        spends = verdict is Verdict.HUMAN
        steps = self._links.follow_steps(self._message.code, judgement, spends=spends, callback_ms=0, until=until)
        self._links.perform(steps)
        self._look()

    def _call_back(self, kind: CallbackKind) -> None:
        callbacks = CallbackStore(self._client)
        for status, state in ((500, CallbackState.PENDING), (410, CallbackState.STOPPED)):
            claim = callbacks.claim(self._message.code, kind, lease_ms=60_000)
            self._look()
            assert claim is not None
            callbacks.finish(claim, Attempt(at=1, duration_ms=1, status_code=status), state=state)
            self._look()
        callbacks.redeliver(self._message.code, kind, reopening=[CallbackState.STOPPED])
