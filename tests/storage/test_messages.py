"""What the message store promises, on a real Valkey."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import IdempotencyMismatch, NotFound, StoreUnavailable
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store, connect
from shortlink.storage.day_lists import DayLists
from shortlink.storage.ledger import Ledger
from shortlink.storage.messages import CodeTaken, IdempotencyKey, MessageStore
from shortlink.storage.steps import Steps
from tests.factories import MINT, link_start, make_message

NOW = 1_790_000_000_000
Add = Callable[..., Message]


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


def play(steps: Steps[str], *answers: list[str]) -> str:
    """Perform an operation on a store that answers its scripts so, and then no more."""
    waiting = iter(answers)
    command = next(steps)
    try:
        while True:
            command = steps.send(["1", "0"] if command[0] == "TIME" else next(waiting))
    except StopIteration as end:
        return str(end.value)


@pytest.mark.parametrize(
    "before", [[], ["day"], ["late"], ["late", "day"], ["day", "late"], ["day", "late", "day"]], ids=" ".join
)
def test_message_is_kept_once_the_store_says_so_whatever_it_said_before(
    messages: MessageStore, before: list[str]
) -> None:
    message = make_message()
    steps = messages.add_steps(message, link_start=None, today=1)
    assert play(steps, *([name, "2"] for name in before), ["ok"]) == message.id


@pytest.mark.parametrize("answer", ["late", "day", "what"])
def test_message_that_the_store_never_keeps_is_never_said_to_be_kept(messages: MessageStore, answer: str) -> None:
    steps = messages.add_steps(make_message(), link_start=None, today=1)
    with pytest.raises(StoreUnavailable):
        play(steps, *([[answer, "2"]] * 9))


def test_a_wrong_day_of_the_caller_is_put_right_by_the_stores_clock(
    messages: MessageStore, day_lists: DayLists
) -> None:
    made = make_message()
    messages.add(made, link_start=link_start(made), today=NOW // DAY_MS + 3, now=NOW)
    assert [one.code for one in day_lists.newest(made.account, NOW // DAY_MS, most=10)] == [made.code]


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
    client.line.perform(messages._clock.learn())
    messages._clock._ahead_ms = -3_600_000
    made = make_message()
    assert messages.add(made, link_start=link_start(made), today=0) == made.id
