"""Every step of a message carried out twice, as by a client that sends a command again whose answer was lost."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import pytest
import redis

from shortlink.domain.callback import Attempt, Callback, CallbackKind, CallbackState
from shortlink.domain.code import partition_of
from shortlink.domain.durations import DAY_MS
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage.callbacks import CallbackClaim, CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import IdempotencyKey, MessageStore
from shortlink.storage.sendings import MessageClaim, SendingStore
from tests.factories import link_start, make_message
from tests.storage.conftest import NOW
from tests.storage.tapping import tap

LEASE = 60_000
S = MessageStatus
Content = dict[Any, Any]
Life = Generator[tuple[str, Callable[[], Any]], Any, None]  # a step's name and itself; is sent what the step gave


@pytest.fixture
def message() -> Message:
    return make_message()


@pytest.fixture
def content(valkey_url: str, store: redis.Redis) -> Callable[[], Content]:
    """Read all that the store holds, each key as the store itself would write it down."""
    raw = redis.Redis.from_url(valkey_url)
    return lambda: {key: raw.dump(key) for key in raw.scan_iter()}


def sending(messages: MessageStore, sendings: SendingStore, message: Message) -> Life:
    """Take a message from its acceptance to its final status, by way of a doubt."""
    key = IdempotencyKey(partition=partition_of(message.code), digest="d", fingerprint="f")

    def claim(now: int) -> Callable[[], MessageClaim | None]:
        return lambda: sendings.claim(message.code, lease_ms=LEASE, first_look_ms=1000, now=now)

    def put_off(taken: MessageClaim, leaving: MessageStatus, event: EntryKind | None) -> Callable[[], bool]:
        return lambda: sendings.postpone(
            message.code, token=taken.token, leaving=[leaving], status=S.UNKNOWN, wait_ms=5, event=event, now=NOW
        )

    def advance(status: MessageStatus) -> Callable[[], str]:
        receipt = DeliveryReceipt(carrier_id="SM1", status=status, error=None)
        return lambda: sendings.advance(message.code, receipt, poll_ms=1000, report_ms=0, now=NOW)

    yield (
        "accept",
        lambda: messages.add(message, link_start=link_start(message), today=NOW // DAY_MS, idempotency=key, now=NOW),
    )
    taken = yield "claim to send", claim(NOW)
    yield "put off in doubt", put_off(taken, S.SUBMITTING, EntryKind.UNKNOWN)
    taken = yield "claim to look", claim(NOW + 10)
    yield "put off to another look", put_off(taken, S.UNKNOWN, None)
    yield "adopt", advance(S.QUEUED)
    yield "sent", advance(S.SENT)
    yield "delivered", advance(S.DELIVERED)


def telling(callbacks: CallbackStore, links: LinkStore, message: Message) -> Life:
    """Tell of a click, at the second try, and once more since it was asked for."""

    def claim(now: int) -> Callable[[], CallbackClaim | None]:
        return lambda: callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=LEASE, now=now)

    def finish(taken: CallbackClaim, status: int, state: CallbackState) -> Callable[[], bool]:
        attempt = Attempt(at=NOW, duration_ms=1, status_code=status, error=None)
        return lambda: callbacks.finish(taken, attempt, state=state, wait_ms=5, now=NOW)

    def redeliver() -> object:
        return callbacks.redeliver(message.code, CallbackKind.CLICK, reopening=[CallbackState.DELIVERED], now=NOW)

    yield "put off uncounted", lambda: callbacks.defer(message.code, CallbackKind.CLICK, wait_ms=5, now=NOW)
    taken = yield "claim a try", claim(NOW + 10)
    yield "fail", finish(taken, 500, CallbackState.PENDING)
    taken = yield "claim another", claim(NOW + 20)
    yield "arrive", finish(taken, 200, CallbackState.DELIVERED)
    yield "ask for another round", redeliver
    yield "switch the link off", lambda: links.switch(message.code, on=False, by="api")
    yield "switch it on", lambda: links.switch(message.code, on=True, by="api")


def repeat_each(life: Life, content: Callable[[], Content]) -> list[str]:
    """Carry each step out twice; returns those whose repeat changed something."""
    changing, given = [], None
    try:
        while True:
            name, step = life.send(given)
            given = step()
            before = content()
            step()
            if content() != before:
                changing.append(name)
    except StopIteration:
        return changing


def test_no_step_of_a_sending_changes_anything_when_it_is_repeated(
    messages: MessageStore, sendings: SendingStore, message: Message, content: Callable[[], Content]
) -> None:
    assert repeat_each(sending(messages, sendings, message), content) == []
    assert messages.get(message.id).status is S.DELIVERED


def test_no_step_of_a_callback_changes_anything_when_it_is_repeated(
    callbacks: CallbackStore, links: LinkStore, add: Callable[..., Message], content: Callable[[], Content]
) -> None:
    message = add()
    tap(links, message)
    assert repeat_each(telling(callbacks, links, message), content) == []
    (click,) = callbacks.list_of(message)
    assert (click.state, click.tries) == (CallbackState.PENDING, 2)


def test_a_repeated_tap_is_one_more_click_and_the_same_first_one(
    messages: MessageStore, callbacks: CallbackStore, links: LinkStore, add: Callable[..., Message]
) -> None:
    message = add()

    def tapped() -> tuple[int, int | None, list[Callback]]:
        tap(links, message, now=NOW + 5)
        link = messages.get(message.id).link
        assert link is not None
        return link.clicks, link.first_click_at, callbacks.list_of(message)

    once, twice = tapped(), tapped()
    assert (once[0], twice[0]) == (1, 2)
    assert once[1:] == twice[1:]


def test_an_erasure_that_is_repeated_changes_nothing(
    client: Store, add: Callable[..., Message], content: Callable[[], Content]
) -> None:
    message, erasures = add(), ErasureStore(client)
    erasures.erase(message, person=True, now=NOW)
    before = content()
    erasures.erase(message, person=True, now=NOW)
    assert content() == before
