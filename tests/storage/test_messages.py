"""What the message store promises, on a real Valkey."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest

from shortlink.domain.callback import CallbackKind
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.errors import IdempotencyMismatch, NotFound, StoreUnavailable
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.callbacks import CallbackStore
from shortlink.storage.connection import Store, connect
from shortlink.storage.day_lists import DayLists
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import DAY_MS, CodeTaken, IdempotencyKey, MessageClaim, MessageStore, Work
from tests.factories import MINT, link_start, make_message

NOW = 1_790_000_000_000
Add = Callable[..., Message]
S = MessageStatus
LEASE = 60_000


def claim(messages: MessageStore, message: Message, now: int = NOW) -> MessageClaim | None:
    return messages.claim(message.code, lease_ms=LEASE, first_look_ms=30_000, now=now)


def advance(messages: MessageStore, message: Message, status: MessageStatus, **changes: object) -> str:
    receipt = DeliveryReceipt(carrier_id=str(changes.pop("carrier_id", "SM1")), status=status, error=None)
    return messages.advance(message.code, receipt, poll_ms=1000, report_ms=0, now=NOW, **changes)  # type: ignore[arg-type]


def test_an_added_message_reads_back_as_it_was_made(messages: MessageStore, add: Add) -> None:
    made = make_message(tags=("spring", "tokyo"), segments=3, cost=15.5)
    kept = add(made)
    assert kept.link is not None
    assert kept.link.expires_at == NOW + 90 * DAY_MS
    assert kept.accepted_at == NOW
    for name in ("id", "text", "recipient", "sender", "tags", "segments", "cost", "report_url", "click_url", "tracked"):
        assert getattr(kept, name) == getattr(made, name), name
    assert kept.link.short_url == made.link.short_url  # type: ignore[union-attr]


def test_an_added_message_is_due_at_once(ledger: Ledger, add: Add) -> None:
    message = add()
    assert ledger.offer(Due.MESSAGES, again_ms=1000, most=100, now=NOW).members == (message.code,)


def test_a_repeated_add_changes_nothing(messages: MessageStore, ledger: Ledger, client: Store, add: Add) -> None:
    made = make_message()
    add(made)
    before = client.hgetall(keys.record(made.code))
    assert add(made).id == made.id
    assert client.hgetall(keys.record(made.code)) == before
    day = keys.day_list(partition_of(made.code), made.account, NOW // DAY_MS)
    assert client.llen(day) == 1
    assert client.xlen(keys.events(partition_of(made.code))) == 1


def test_a_code_in_use_is_refused_and_its_owner_kept(messages: MessageStore, add: Add) -> None:
    first = add()
    other = make_message(code=first.code)
    with pytest.raises(CodeTaken):
        messages.add(other, link_start=link_start(other), today=NOW // DAY_MS, now=NOW)
    assert messages.get(first.id) == first


def test_a_wrong_day_of_the_caller_is_put_right_by_the_stores_clock(
    messages: MessageStore, day_lists: DayLists
) -> None:
    made = make_message()
    messages.add(made, link_start=link_start(made), today=NOW // DAY_MS + 3, now=NOW)
    assert [one.id for one in day_lists.newest(made.account, NOW // DAY_MS, most=10)] == [made.id]


def test_every_key_of_a_message_goes_away_in_time(client: Store, add: Add) -> None:
    message = add()
    assert 119 * DAY_MS < client.pttl(keys.record(message.code)) <= 120 * DAY_MS
    day = keys.day_list(partition_of(message.code), message.account, NOW // DAY_MS)
    assert 120 * DAY_MS < client.pttl(day) <= 121 * DAY_MS


@pytest.mark.parametrize("wrong", ["", "x" * 32, "é" * 32, "a9" + "x" * 30])
def test_an_unknown_or_malformed_id_is_not_found(messages: MessageStore, wrong: str) -> None:
    with pytest.raises(NotFound):
        messages.get(wrong)


def test_the_right_code_with_a_wrong_tail_is_not_found(messages: MessageStore, add: Add) -> None:
    message = add()
    wrong = message.id[:-1] + ("x" if message.id[-1] != "x" else "y")
    with pytest.raises(NotFound):
        messages.get(wrong)


def idempotency(fingerprint: str = "print") -> IdempotencyKey:
    digest = "d" * 32
    return IdempotencyKey(partition=partition_of(digest), digest=digest, fingerprint=fingerprint)


def test_the_same_key_and_request_give_the_first_message_again(add: Add, ledger: Ledger) -> None:
    partition = idempotency().partition
    first = add(make_message(code=MINT.draw_in(partition)), idempotency())
    again = add(make_message(code=MINT.draw_in(partition)), idempotency())
    assert again.id == first.id
    assert ledger.depth(Due.MESSAGES) == 1


def test_the_same_key_with_another_request_is_refused(add: Add) -> None:
    partition = idempotency().partition
    add(make_message(code=MINT.draw_in(partition)), idempotency())
    with pytest.raises(IdempotencyMismatch):
        add(make_message(code=MINT.draw_in(partition)), idempotency("other"))


def test_two_hundred_parallel_requests_with_one_key_make_one_message(add: Add, ledger: Ledger) -> None:
    partition = idempotency().partition
    made = [make_message(code=MINT.draw_in(partition)) for _ in range(200)]
    with ThreadPoolExecutor(20) as pool:
        ids = set(pool.map(lambda one: add(one, idempotency()).id, made))
    assert len(ids) == 1
    assert ledger.depth(Due.MESSAGES) == 1


def test_a_claimed_message_is_marked_before_the_carrier_is_called(messages: MessageStore, add: Add) -> None:
    message = add()
    taken = claim(messages, message)
    assert taken is not None
    assert taken.work is Work.SUBMIT
    assert taken.message.status is S.SUBMITTING
    assert messages.get(message.id).status is S.SUBMITTING


def test_only_one_of_many_workers_gets_a_message(messages: MessageStore, add: Add) -> None:
    message = add()
    with ThreadPoolExecutor(16) as pool:
        claims = list(pool.map(lambda _: claim(messages, message), range(64)))
    assert sum(one is not None for one in claims) == 1


def test_an_old_offer_does_not_bring_forward_what_was_put_off(messages: MessageStore, ledger: Ledger, add: Add) -> None:
    message = add()
    taken = claim(messages, message)
    assert taken is not None
    messages.postpone(
        message.code, token=taken.token, leaving=[S.SUBMITTING], status=S.UNKNOWN, wait_ms=30_000, now=NOW
    )
    assert claim(messages, message, NOW + 29_999) is None
    assert not ledger.offer(Due.MESSAGES, again_ms=1, most=100, now=NOW + 29_999).members
    look = claim(messages, message, NOW + 30_000)
    assert look is not None
    assert look.work is Work.RECONCILE


def test_a_dead_workers_message_is_not_looked_for_before_the_carrier_may_list_it(
    messages: MessageStore, add: Add
) -> None:
    message = add()
    claim(messages, message)
    assert claim(messages, message, NOW + LEASE) is None  # plans the look
    assert claim(messages, message, NOW + LEASE + 1) is None  # an offer of the same moment
    assert claim(messages, message, NOW + LEASE + 30_000) is not None


def test_a_worker_that_died_in_the_call_leaves_an_unknown_never_a_resend(messages: MessageStore, add: Add) -> None:
    message = add()
    claim(messages, message)
    assert claim(messages, message, NOW + LEASE + 1) is None
    assert messages.get(message.id).status is S.UNKNOWN
    later = claim(messages, message, NOW + LEASE + 30_002)
    assert later is not None
    assert later.work is Work.RECONCILE


def test_a_stale_claim_cannot_put_a_message_back(messages: MessageStore, add: Add) -> None:
    message = add()
    old = claim(messages, message)
    assert old is not None
    claim(messages, message, NOW + LEASE + 1)
    plan = {"leaving": list(S), "status": S.ACCEPTED, "wait_ms": 0}
    assert not messages.postpone(message.code, token=old.token, now=NOW, **plan)  # type: ignore[arg-type]
    assert messages.get(message.id).status is S.UNKNOWN


def test_a_stale_claim_cannot_fail_a_message_but_may_say_it_was_sent(messages: MessageStore, add: Add) -> None:
    message = add()
    old = claim(messages, message)
    assert old is not None
    claim(messages, message, NOW + LEASE + 1)
    assert advance(messages, message, S.FAILED, token=old.token, carrier_id="") == "stale"
    assert advance(messages, message, S.QUEUED) == "adopted"
    assert messages.get(message.id).status is S.QUEUED


@pytest.mark.parametrize(
    ("before", "after"), list(product([S.QUEUED, S.SENT, S.DELIVERED, S.UNDELIVERED, S.FAILED], S))
)
def test_a_status_never_goes_down_and_a_final_one_is_never_left(
    messages: MessageStore, add: Add, before: MessageStatus, after: MessageStatus
) -> None:
    message = add()
    advance(messages, message, before)
    answer = advance(messages, message, after)
    rises = after.rank > before.rank
    assert answer == ("ok" if rises else "same")
    assert messages.get(message.id).status is (after if rises else before)


def test_a_final_status_leaves_the_ledger_and_owes_one_report(
    messages: MessageStore, callbacks: CallbackStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    advance(messages, message, S.DELIVERED)
    advance(messages, message, S.DELIVERED)
    assert ledger.depth(Due.MESSAGES) == 0
    assert ledger.depth(Due.CALLBACKS) == 1
    (report,) = callbacks.list_of(message)
    assert report.kind is CallbackKind.REPORT
    assert report.status_then is S.DELIVERED


def test_a_second_message_at_the_carrier_is_a_conflict_and_changes_nothing(messages: MessageStore, add: Add) -> None:
    message = add()
    advance(messages, message, S.QUEUED, carrier_id="SM1")
    assert advance(messages, message, S.DELIVERED, carrier_id="SM2") == "conflict"
    kept = messages.get(message.id)
    assert (kept.status, kept.carrier_id) == (S.QUEUED, "SM1")


def test_an_unconfirmed_message_is_off_the_ledger_and_a_late_receipt_raises_it(
    messages: MessageStore, ledger: Ledger, add: Add
) -> None:
    message = add()
    taken = claim(messages, message)
    assert taken is not None
    messages.postpone(
        message.code, token=taken.token, leaving=[S.SUBMITTING], status=S.UNCONFIRMED, wait_ms=None, now=NOW
    )
    assert ledger.depth(Due.MESSAGES) == 0
    assert advance(messages, message, S.DELIVERED) == "adopted"
    assert messages.get(message.id).status is S.DELIVERED


def test_what_was_given_up_is_not_accepted_when_the_store_goes_on(
    valkey_url: str, client: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shortlink.storage.messages.ACCEPT_WITHIN_MS", 200)
    impatient = MessageStore(connect(valkey_url, timeout_seconds=0.3, retries=0), link_ms=DAY_MS, record_ms=DAY_MS)
    made, today = make_message(), int(time.time() * 1000) // DAY_MS  # a wrong day would be refused anyway
    impatient.add(made, link_start=link_start(made), today=today)
    lost = make_message()
    hog: Any = connect(valkey_url, timeout_seconds=60).connection_pool.get_connection()
    # The commands of others wait meanwhile and are carried out afterwards, whether or not anybody still waits.
    hog.send_command("EVAL", "local began = os.clock() while os.clock() - began < 0.6 do end", 0)
    with pytest.raises(StoreUnavailable):
        impatient.add(lost, link_start=link_start(lost), today=today)
    hog.read_response()
    with pytest.raises(NotFound):
        impatient.get(lost.id)


def test_a_clock_that_was_set_back_stops_nothing(valkey_url: str, client: Store) -> None:
    messages = MessageStore(connect(valkey_url), link_ms=DAY_MS, record_ms=DAY_MS)
    messages._clock._ahead_ms = -3_600_000
    made = make_message()
    assert messages.add(made, link_start=link_start(made), today=0) == made.id
