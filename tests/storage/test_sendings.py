"""What the store of sendings promises, on a real Valkey."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest

from shortlink.domain.callback import CallbackKind
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store
from shortlink.storage.event_entry import EntryKind
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import MessageStore
from shortlink.storage.sendings import MessageClaim, SendingStore, Work

NOW = 1_790_000_000_000
Add = Callable[..., Message]
S = MessageStatus
LEASE = 60_000


def claim(sendings: SendingStore, message: Message, now: int = NOW) -> MessageClaim | None:
    return sendings.claim(message.code, lease_ms=LEASE, first_look_ms=30_000, now=now)


def put_back(sendings: SendingStore, message: Message, token: str, **changes: object) -> bool:
    plan = {"leaving": [S.SUBMITTING], "status": S.ACCEPTED, "wait_ms": 0, "now": NOW}
    return sendings.postpone(message.code, token=token, **(plan | changes))  # type: ignore[arg-type]


def due_at(ledger: Ledger, now: int) -> tuple[str, ...]:
    return ledger.offer(Due.MESSAGES, again_ms=0, most=100, now=now).members


def told(client: Store, message: Message) -> tuple[EntryKind, str, str, str]:
    """What the log says last: of what, and with which value and detail."""
    last = list(Inspector(client).events(partition_of(message.code)))[-1]
    return last.kind, last.subject, last.value, last.detail


def advance(sendings: SendingStore, message: Message, status: MessageStatus, **changes: object) -> str:
    receipt = DeliveryReceipt(carrier_id=str(changes.pop("carrier_id", "SM1")), status=status, error=None)
    waits = {"poll_ms": 1000, "report_ms": 0, "now": NOW}
    return sendings.advance(message.code, receipt, **(waits | changes))  # type: ignore[arg-type]


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


def test_nobody_else_gets_a_message_before_its_lease_has_ended(
    messages: MessageStore, sendings: SendingStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    claim(sendings, message)
    assert due_at(ledger, NOW + LEASE - 1) == ()
    ledger.offer(Due.MESSAGES, again_ms=-LEASE, most=100, now=NOW + LEASE)
    assert claim(sendings, message, NOW + LEASE - 1) is None  # an offer that was made too early
    assert messages.get(message.id).status is S.SUBMITTING
    assert due_at(ledger, NOW + LEASE - 1) == ()
    assert due_at(ledger, NOW + LEASE) == (message.code,)


def test_only_one_worker_at_a_time_looks_for_a_message(sendings: SendingStore, add: Add) -> None:
    message = add()
    taken = claim(sendings, message)
    assert taken is not None
    put_back(sendings, message, taken.token, status=S.UNKNOWN)
    assert claim(sendings, message) is not None
    assert claim(sendings, message, NOW + LEASE - 1) is None
    assert claim(sendings, message, NOW + LEASE) is not None


@pytest.mark.parametrize("status", [S.QUEUED, S.SENT])
def test_what_the_carrier_has_is_fetched_when_no_receipt_comes(
    sendings: SendingStore, ledger: Ledger, add: Add, status: MessageStatus
) -> None:
    message = add()
    advance(sendings, message, status)
    assert due_at(ledger, NOW + 999) == ()
    assert due_at(ledger, NOW + 1000) == (message.code,)
    assert claim(sendings, message, NOW + 999) is None
    taken = claim(sendings, message, NOW + 1000)
    assert taken is not None
    assert taken.work is Work.POLL


@pytest.mark.parametrize("status", [S.DELIVERED, S.UNDELIVERED, S.FAILED, S.UNCONFIRMED, None])
def test_an_old_offer_of_a_message_that_has_ended_is_dropped(
    sendings: SendingStore, ledger: Ledger, client: Store, add: Add, status: MessageStatus | None
) -> None:
    message = add()
    name = keys.record(message.code)
    client.hset(name, "s", status.value) if status else client.delete(name)
    assert claim(sendings, message) is None
    assert ledger.depth(Due.MESSAGES) == 0
    assert client.unreadable.noted() == []


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
    sendings: SendingStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    claim(sendings, message)
    assert claim(sendings, message, NOW + LEASE) is None  # plans the look
    assert due_at(ledger, NOW + LEASE + 29_999) == ()
    assert claim(sendings, message, NOW + LEASE + 1) is None  # an offer of the same moment
    assert due_at(ledger, NOW + LEASE + 30_000) == (message.code,)
    assert claim(sendings, message, NOW + LEASE + 30_000) is not None


def test_the_death_of_a_worker_in_the_call_is_told_and_the_looks_are_counted_anew(
    sendings: SendingStore, client: Store, add: Add
) -> None:
    message = add()
    taken = claim(sendings, message)
    assert taken is not None
    put_back(sendings, message, taken.token, looks=3)
    claim(sendings, message)
    claim(sendings, message, NOW + LEASE)
    assert told(client, message) == (EntryKind.UNKNOWN, message.code, "", "worker-died")
    look = claim(sendings, message, NOW + LEASE + 30_000)
    assert look is not None
    assert look.looks == 0


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
    assert not put_back(sendings, message, old.token, leaving=list(S))
    assert messages.get(message.id).status is S.UNKNOWN


def test_a_claim_that_was_let_go_of_cannot_put_back_what_another_holds(sendings: SendingStore, add: Add) -> None:
    message = add()
    old = claim(sendings, message)
    assert old is not None
    assert put_back(sendings, message, old.token)
    assert claim(sendings, message) is not None
    assert not put_back(sendings, message, old.token)


def test_a_claim_is_let_go_of_with_its_reason_in_the_log_or_without_a_word(
    sendings: SendingStore, client: Store, add: Add
) -> None:
    message = add()
    for changes in ({}, {"event": EntryKind.BUSY, "detail": "30001"}):
        taken = claim(sendings, message)
        assert taken is not None
        assert put_back(sendings, message, taken.token, **changes)
    assert told(client, message) == (EntryKind.BUSY, message.code, "", "30001")
    assert client.xlen(keys.events(partition_of(message.code))) == 2  # the first tells of the accept


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
    held, planned = add(), add()
    assert claim(sendings, held) is not None
    advance(sendings, planned, S.QUEUED)
    for message in (held, planned):
        advance(sendings, message, S.DELIVERED)
        assert client.hmget(keys.record(message.code), "l", "w", "N", "y") == [None] * 4


def test_a_report_wakes_a_listener_and_waits_as_long_as_it_is_told_before_its_first_try(
    sendings: SendingStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    with ledger.hints() as wait:
        wait(0.05)
        advance(sendings, message, S.DELIVERED, report_ms=3000)
        assert wait(5) == {Due.CALLBACKS}
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 2999).members == ()
    assert ledger.offer(Due.CALLBACKS, again_ms=1, most=100, now=NOW + 3000).members == (message.code + "r",)


def test_news_of_a_message_that_is_gone_makes_no_record(sendings: SendingStore, client: Store, add: Add) -> None:
    message = add()
    client.delete(keys.record(message.code))
    assert advance(sendings, message, S.DELIVERED) == "gone"
    assert client.exists(keys.record(message.code)) == 0


def test_a_second_message_at_the_carrier_is_a_conflict_and_changes_nothing(
    messages: MessageStore, sendings: SendingStore, client: Store, add: Add
) -> None:
    message = add()
    advance(sendings, message, S.QUEUED, carrier_id="SM1")
    assert advance(sendings, message, S.DELIVERED, carrier_id="SM2") == "conflict"
    kept = messages.get(message.id)
    assert (kept.status, kept.carrier_id) == (S.QUEUED, "SM1")
    assert told(client, message) == (EntryKind.CONFLICT, message.code, "", "SM2")


def test_news_without_the_carriers_id_is_no_conflict_and_adopts_none(
    messages: MessageStore, sendings: SendingStore, add: Add
) -> None:
    known, refused = add(), add()
    advance(sendings, known, S.QUEUED, carrier_id="SM1")
    assert [advance(sendings, one, S.FAILED, carrier_id="") for one in (known, refused)] == ["ok", "ok"]
    kept = [messages.get(one.id) for one in (known, refused)]
    assert [(one.carrier_id, one.error) for one in kept] == [("SM1", None), (None, None)]


def test_fetches_are_counted_anew_when_a_status_rises(sendings: SendingStore, add: Add) -> None:
    message = add()
    advance(sendings, message, S.QUEUED)
    taken = claim(sendings, message, NOW + 1000)
    assert taken is not None
    put_back(sendings, message, taken.token, leaving=[S.QUEUED], status=S.QUEUED, looks=3)
    advance(sendings, message, S.SENT)
    again = claim(sendings, message, NOW + 1000)
    assert again is not None
    assert again.looks == 0


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
