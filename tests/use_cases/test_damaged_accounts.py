"""What becomes of the messages and callbacks of an account that cannot be read, and of everybody else's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

import pytest

from shortlink.callbacks import CallbackSender
from shortlink.domain.account import DAMAGED_WAIT_MS, Account
from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.due import Due
from shortlink.domain.errors import OutcomeUnknown
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore
from shortlink.storage.messages import MessageStore
from shortlink.use_cases.attend_message import attend_message
from shortlink.use_cases.deliver_callback import CallbackDesk, deliver_callback, remember_accounts
from shortlink.use_cases.endpoint_gate import EndpointGate
from shortlink.use_cases.send_desk import SendDesk
from tests.factories import make_message
from tests.use_cases.conftest import ScriptedCarrier

Add = Callable[..., Message]
BROKEN = "SLbroken"
QUEUED = DeliveryReceipt(carrier_id="SM1", status=MessageStatus.QUEUED)


@pytest.fixture
def damage(client: Store, accounts: AccountStore) -> Callable[[], object]:
    """Damage one of two accounts by hand."""
    accounts.add(Account(sid=BROKEN, name="Broken", token_hash="h", created_at=1))
    return lambda: client.hset(keys.account(BROKEN), "hold_unconfirmed", "perhaps")


@pytest.fixture
def mend(client: Store) -> Callable[[], object]:
    return lambda: client.hset(keys.account(BROKEN), "hold_unconfirmed", "0")


def wait_left(client: Store, due: str, member: str) -> float:
    """Say in how many ms a member of a due set is due."""
    score = client.zscore(due, member)
    assert score is not None
    return float(score) - client.now()


def test_a_message_of_a_damaged_account_waits_unsent_and_goes_out_when_it_is_mended(
    desk: SendDesk,
    carrier: ScriptedCarrier,
    client: Store,
    messages: MessageStore,
    add: Add,
    damage: Callable[[], object],
    mend: Callable[[], object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    damage()
    waiting, other = add(replace(make_message(), account=BROKEN)), add()
    carrier.answers = [QUEUED, QUEUED]
    with caplog.at_level(logging.WARNING):
        for message in (waiting, other):
            attend_message(message.code, desk)
    assert [messages.get(one.id).status for one in (waiting, other)] == [MessageStatus.ACCEPTED, MessageStatus.QUEUED]
    left = wait_left(client, keys.due_messages(keys.record(waiting.code)[1]), waiting.code)
    assert DAMAGED_WAIT_MS / 2 < left <= DAMAGED_WAIT_MS
    assert [record.exc_info for record in caplog.records] == [None]
    mend()
    client.hdel(keys.record(waiting.code), "y")  # its wait is over
    attend_message(waiting.code, desk)
    assert messages.get(waiting.id).status is MessageStatus.QUEUED


def test_what_was_not_found_at_the_carrier_is_neither_sent_again_nor_held_for_a_damaged_account(
    desk: SendDesk,
    carrier: ScriptedCarrier,
    messages: MessageStore,
    client: Store,
    add: Add,
    damage: Callable[[], object],
) -> None:
    message = add(replace(make_message(), account=BROKEN))
    carrier.answers = [OutcomeUnknown("no answer")]
    for _ in range(3):  # all but the last look
        attend_message(message.code, desk)
    damage()
    attend_message(message.code, desk)
    assert messages.get(message.id).status is MessageStatus.UNKNOWN
    assert len(carrier.submitted) == 1
    assert wait_left(client, keys.due_messages(keys.record(message.code)[1]), message.code) > DAMAGED_WAIT_MS / 2


@pytest.mark.parametrize("is_missing", [False, True])
def test_a_callback_of_a_damaged_account_waits_and_no_try_is_counted(
    client: Store,
    accounts: AccountStore,
    add: Add,
    damage: Callable[[], object],
    is_missing: bool,
) -> None:
    message = add(replace(make_message(), account=BROKEN))
    LinkStore(client).follow(message.code, Judgement(verdict=Verdict.HUMAN, rule="t"), spends=True, callback_ms=0)
    damage()
    if is_missing:
        client.delete(keys.account(BROKEN))
    callbacks = CallbackStore(client)
    desk = CallbackDesk(
        callbacks=callbacks,
        account=remember_accounts(accounts),
        sender=NoSender(),
        gate=EndpointGate(most_calls=32, threads=64),
        payload=lambda *_: {},
        body_format="form",
        schedule=(0.0,) * 10,
        lease_ms=60_000,
        key=b"k" * 32,
    )
    member = message.code + CallbackKind.CLICK
    for _ in range(3):
        deliver_callback(member, desk)
    (callback,) = callbacks.list_of(message)
    assert (callback.state, callback.tries) == (CallbackState.PENDING, 0)
    assert wait_left(client, keys.due_callbacks(keys.record(message.code)[1]), member) > DAMAGED_WAIT_MS / 2
    assert Ledger(client).depth(Due.CALLBACKS) == 1


class NoSender(CallbackSender):
    """A sender that must not be asked."""

    def __init__(self) -> None:
        pass

    def send(self, *_: object, **__: object) -> Attempt:
        raise AssertionError("nobody could have signed it")
