"""Stores on a real, empty Valkey."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.durations import DAY_MS
from shortlink.domain.message import Message
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.day_lists import DayLists
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import IdempotencyKey, MessageStore
from tests.factories import link_start, make_message

NOW = 1_790_000_000_000


@pytest.fixture
def day_lists(client: Store) -> DayLists:
    return DayLists(client)


@pytest.fixture
def callbacks(client: Store) -> CallbackStore:
    return CallbackStore(client)


@pytest.fixture
def erasures(client: Store) -> ErasureStore:
    return ErasureStore(client)


@pytest.fixture
def ledger(client: Store) -> Ledger:
    return Ledger(client)


@pytest.fixture
def add(messages: MessageStore) -> Callable[..., Message]:
    """Put a message into the ledger at NOW and give it back as the store has it."""

    def put(message: Message | None = None, idempotency: IdempotencyKey | None = None, now: int = NOW) -> Message:
        made = message or make_message()
        kept = messages.add(made, link_start=link_start(made), today=now // DAY_MS, idempotency=idempotency, now=now)
        return messages.get(kept)

    return put


@pytest.fixture
def clicked(links: LinkStore, add: Callable[..., Message]) -> Message:
    """Put a message into the ledger whose first click owes a callback since NOW."""
    message = add()
    links.follow(message.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=0, now=NOW)
    return message
