"""What the store of sendings promises, on a real Valkey."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from shortlink.domain.callback import CallbackKind
from shortlink.domain.due import Due
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import MessageStore
from shortlink.storage.sendings import MessageClaim, SendingStore, Work

NOW = 1_790_000_000_000
Add = Callable[..., Message]
S = MessageStatus
LEASE = 60_000


def claim(sendings: SendingStore, message: Message, now: int = NOW) -> MessageClaim | None:
    return sendings.claim(message.code, lease_ms=LEASE, first_look_ms=30_000, now=now)


def advance(sendings: SendingStore, message: Message, status: MessageStatus, **changes: object) -> str:
    receipt = DeliveryReceipt(carrier_id=str(changes.pop("carrier_id", "SM1")), status=status, error=None)
    return sendings.advance(message.code, receipt, poll_ms=1000, report_ms=0, now=NOW, **changes)  # type: ignore[arg-type]


def test_a_claimed_message_is_marked_before_the_carrier_is_called(
    messages: MessageStore, sendings: SendingStore, add: Add
) -> None:
    message = add()
    taken = claim(sendings, message)
    assert taken is not None
    assert taken.work is Work.SUBMIT
    assert taken.message.status is S.SUBMITTING
    assert messages.get(message.id).status is S.SUBMITTING


def test_only_one_of_many_workers_gets_a_message(sendings: SendingStore, add: Add) -> None:
    message = add()
    with ThreadPoolExecutor(16) as pool:
        claims = list(pool.map(lambda _: claim(sendings, message), range(64)))
    assert sum(one is not None for one in claims) == 1


def test_an_old_offer_does_not_bring_forward_what_was_put_off(sendings: SendingStore, ledger: Ledger, add: Add) -> None:
    message = add()
    taken = claim(sendings, message)
    assert taken is not None
    sendings.postpone(
        message.code, token=taken.token, leaving=[S.SUBMITTING], status=S.UNKNOWN, wait_ms=30_000, now=NOW
    )
    assert claim(sendings, message, NOW + 29_999) is None
    assert not ledger.offer(Due.MESSAGES, again_ms=1, most=100, now=NOW + 29_999).members
    look = claim(sendings, message, NOW + 30_000)
    assert look is not None
    assert look.work is Work.RECONCILE


def test_a_dead_workers_message_is_not_looked_for_before_the_carrier_may_list_it(
    sendings: SendingStore, add: Add
) -> None:
    message = add()
    claim(sendings, message)
    assert claim(sendings, message, NOW + LEASE) is None  # plans the look
    assert claim(sendings, message, NOW + LEASE + 1) is None  # an offer of the same moment
    assert claim(sendings, message, NOW + LEASE + 30_000) is not None


def test_a_worker_that_died_in_the_call_leaves_an_unknown_never_a_resend(
    messages: MessageStore, sendings: SendingStore, add: Add
) -> None:
    message = add()
    claim(sendings, message)
    assert claim(sendings, message, NOW + LEASE + 1) is None
    assert messages.get(message.id).status is S.UNKNOWN
    later = claim(sendings, message, NOW + LEASE + 30_002)
    assert later is not None
    assert later.work is Work.RECONCILE


def test_a_stale_claim_cannot_put_a_message_back(messages: MessageStore, sendings: SendingStore, add: Add) -> None:
    message = add()
    old = claim(sendings, message)
    assert old is not None
    claim(sendings, message, NOW + LEASE + 1)
    plan = {"leaving": list(S), "status": S.ACCEPTED, "wait_ms": 0}
    assert not sendings.postpone(message.code, token=old.token, now=NOW, **plan)  # type: ignore[arg-type]
    assert messages.get(message.id).status is S.UNKNOWN


def test_a_stale_claim_cannot_fail_a_message_but_may_say_it_was_sent(
    messages: MessageStore, sendings: SendingStore, add: Add
) -> None:
    message = add()
    old = claim(sendings, message)
    assert old is not None
    claim(sendings, message, NOW + LEASE + 1)
    assert advance(sendings, message, S.FAILED, token=old.token, carrier_id="") == "stale"
    assert advance(sendings, message, S.QUEUED) == "adopted"
    assert messages.get(message.id).status is S.QUEUED


@pytest.mark.parametrize(
    ("before", "after"), list(product([S.QUEUED, S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED], S))
)
def test_a_status_never_goes_down_and_a_final_one_is_never_left(
    messages: MessageStore, sendings: SendingStore, add: Add, before: MessageStatus, after: MessageStatus
) -> None:
    message = add()
    advance(sendings, message, before)
    answer = advance(sendings, message, after)
    rises = after.rank > before.rank
    assert answer == ("ok" if rises else "same")
    assert messages.get(message.id).status is (after if rises else before)


def test_a_final_status_leaves_the_ledger_and_owes_one_report(
    sendings: SendingStore, callbacks: CallbackStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    advance(sendings, message, S.DELIVERED)
    advance(sendings, message, S.DELIVERED)
    assert ledger.depth(Due.MESSAGES) == 0
    assert ledger.depth(Due.CALLBACKS) == 1
    (report,) = callbacks.list_of(message)
    assert report.kind is CallbackKind.REPORT
    assert report.status_then is S.DELIVERED


def test_a_final_status_leaves_nothing_of_its_claims_in_the_record(
    sendings: SendingStore, client: Store, add: Add
) -> None:
    message = add()
    claim(sendings, message)
    advance(sendings, message, S.DELIVERED)
    assert client.hmget(keys.record(message.code), "l", "w", "N", "y") == [None] * 4


def test_a_second_message_at_the_carrier_is_a_conflict_and_changes_nothing(
    messages: MessageStore, sendings: SendingStore, add: Add
) -> None:
    message = add()
    advance(sendings, message, S.QUEUED, carrier_id="SM1")
    assert advance(sendings, message, S.DELIVERED, carrier_id="SM2") == "conflict"
    kept = messages.get(message.id)
    assert (kept.status, kept.carrier_id) == (S.QUEUED, "SM1")


def test_an_unconfirmed_message_is_off_the_ledger_and_a_late_receipt_raises_it(
    messages: MessageStore, sendings: SendingStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    taken = claim(sendings, message)
    assert taken is not None
    sendings.postpone(
        message.code, token=taken.token, leaving=[S.SUBMITTING], status=S.UNCONFIRMED, wait_ms=None, now=NOW
    )
    assert ledger.depth(Due.MESSAGES) == 0
    assert advance(sendings, message, S.DELIVERED) == "adopted"
    assert messages.get(message.id).status is S.DELIVERED
