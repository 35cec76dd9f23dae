"""Customers: they send, some of it twice, some under a key."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import multiple, precondition, rule

from shortlink.domain.code import partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import IdempotencyMismatch
from shortlink.domain.message import Message
from shortlink.storage.messages import IdempotencyKey
from tests.chaos.model.history import History, codes
from tests.chaos.model.known import Known, in_time
from tests.factories import MINT, link_start, make_message

MESSAGES = 3  # in one history: with few, much happens to each
MOSTLY = st.sampled_from([True, True, True, False])


class Accepting(History):
    """What customers do."""

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
