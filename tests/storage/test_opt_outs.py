"""Opt-outs, messages that came in, and whose they are, on a real store."""

from __future__ import annotations

from typing import Any

import pytest
import redis

from shortlink.domain.account import Account
from shortlink.domain.inbound import InboundMessage, inbound_id
from shortlink.domain.opt_out import OptOutReason, Wish
from shortlink.domain.webhook import Webhook
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.connection import connect
from shortlink.storage.event_entry import unpack_entry
from shortlink.storage.inspection import Inspector
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.senders import MOST_WRITERS, USED_MS, SenderStore
from shortlink.storage.webhook_errands import Errand
from shortlink.storage.webhooks import WebhookStore

KEY = b"k" * 32
PERSON, OTHER, SENDER = "+818011234567", "+818011234568", "15005550006"


@pytest.fixture
def opt_outs(valkey_url: str, store: redis.Redis) -> OptOutStore:
    return OptOutStore(connect(valkey_url), key=KEY, record_ms=86_400_000)


@pytest.fixture
def senders(valkey_url: str, store: redis.Redis) -> SenderStore:
    return SenderStore(connect(valkey_url), KEY)


def text_from(person: str = PERSON, *, sid: str = "SM1", wish: Wish | None = None) -> InboundMessage:
    return InboundMessage(carrier_id=sid, sender=person, recipient=SENDER, text="Hello", wish=wish)


def events(store: redis.Redis, opt_outs: OptOutStore) -> list[tuple[str, str]]:
    partition = opt_outs.partition_of(PERSON)
    entries: Any = store.xrange(keys.events(partition))
    found = [unpack_entry(partition, identifier, fields) for identifier, fields in entries]
    return [(entry.kind.name.lower(), entry.detail) for entry in found if entry]


def test_stop_opts_out_of_one_account_with_its_events(store: redis.Redis, opt_outs: OptOutStore) -> None:
    assert opt_outs.take(text_from(wish=Wish.STOP), "SLone")
    assert opt_outs.is_out("SLone", PERSON)
    assert not opt_outs.is_out("SLtwo", PERSON)
    assert not opt_outs.is_out("SLone", OTHER)
    assert events(store, opt_outs) == [("received", "stop"), ("unsubscribed", "word")]


def test_a_second_report_of_the_same_message_changes_nothing(store: redis.Redis, opt_outs: OptOutStore) -> None:
    assert opt_outs.take(text_from(wish=Wish.STOP), "SLone")
    assert opt_outs.change("SLone", PERSON, out=False, reason=OptOutReason.OPERATOR)
    assert not opt_outs.take(text_from(wish=Wish.STOP), "SLone")
    assert not opt_outs.is_out("SLone", PERSON)
    assert [kind for kind, _ in events(store, opt_outs)] == ["received", "unsubscribed", "resubscribed"]


def test_start_opts_in_again_and_a_second_stop_tells_nothing_new(store: redis.Redis, opt_outs: OptOutStore) -> None:
    for number, wish in enumerate([Wish.START, Wish.STOP, Wish.STOP, Wish.START]):
        opt_outs.take(text_from(sid=f"SM{number}", wish=wish), "SLone")
    assert not opt_outs.is_out("SLone", PERSON)
    changes = [kind for kind, _ in events(store, opt_outs) if kind != "received"]
    assert changes == ["unsubscribed", "resubscribed"]


def test_help_and_plain_texts_are_kept_and_change_nothing(store: redis.Redis, opt_outs: OptOutStore) -> None:
    opt_outs.take(text_from(sid="SM1", wish=Wish.HELP), "SLone")
    opt_outs.take(text_from(sid="SM2"), "SLone")
    assert opt_outs.list("SLone") == []
    assert events(store, opt_outs) == [("received", "help"), ("received", "")]


def test_what_came_in_is_kept_for_a_time_and_the_opt_out_for_good(store: redis.Redis, opt_outs: OptOutStore) -> None:
    opt_outs.take(text_from(wish=Wish.STOP), "SLone")
    partition = opt_outs.partition_of(PERSON)
    record = keys.inbound(partition, inbound_id("SM1", partition))
    assert store.hgetall(record).keys() == {"A", "a", "f", "r", "t", "S"}
    assert 0 < store.pttl(record) <= 86_400_000
    assert store.ttl(keys.opt_outs(partition, "SLone")) == -1


def test_an_opt_out_outlives_the_erasure_and_holds_no_number(store: redis.Redis, opt_outs: OptOutStore) -> None:
    opt_outs.take(text_from(wish=Wish.STOP), "SLone")
    opt_outs.take(text_from(OTHER, sid="SM2"), "SLone")
    assert opt_outs.erase(PERSON) == 1
    assert opt_outs.is_out("SLone", PERSON)
    dump = "".join(str(store.hgetall(key)) for key in store.scan_iter("{*}*") if store.type(key) == "hash")
    assert PERSON[1:] not in dump
    assert OTHER in dump


def test_an_operators_note_is_erased_and_counts_as_no_message(store: redis.Redis, opt_outs: OptOutStore) -> None:
    assert opt_outs.change("SLone", PERSON, out=True, reason=OptOutReason.OPERATOR)
    assert opt_outs.erase(PERSON) == 0
    partition = opt_outs.partition_of(PERSON)
    assert [store.hget(key, "f") for key in store.scan_iter(keys.inbound(partition, "*"))] == [None]


def test_whatever_has_no_end_is_known_to_the_audit(
    valkey_url: str, opt_outs: OptOutStore, senders: SenderStore
) -> None:
    client = connect(valkey_url)
    opt_outs.take(text_from(wish=Wish.STOP), "SLone")
    senders.note(SENDER, "SLone", PERSON)
    senders.note(SENDER, "SLtwo", PERSON)
    webhooks = WebhookStore(client)
    webhook = Webhook(id="wh_1", account="SLone", url="https://shop.test/", events=(), created_at=1)
    webhooks.add(webhook)
    webhooks.errands.ask(Errand.TEST, webhook)
    assert list(Inspector(client).keys_without_end()) == []


def test_a_change_by_hand_is_listed_with_its_reason(opt_outs: OptOutStore) -> None:
    assert opt_outs.change("SLone", PERSON, out=True, reason=OptOutReason.CARRIER, now=5)
    assert not opt_outs.change("SLone", PERSON, out=True, reason=OptOutReason.OPERATOR, now=6)
    (found,) = opt_outs.list("SLone")
    assert (found.at, found.reason, found.digest) == (5, OptOutReason.CARRIER, opt_outs.digest(PERSON))


def test_an_account_is_marked_once_it_has_an_opt_out(valkey_url: str, opt_outs: OptOutStore) -> None:
    accounts = AccountStore(connect(valkey_url))
    accounts.add(Account(sid="SLone", name="One", token_hash="h", created_at=1))
    opt_outs.take(text_from(), "SLone")
    assert not accounts.get("SLone").opt_outs
    opt_outs.take(text_from(sid="SM2", wish=Wish.STOP), "SLone")
    assert accounts.get("SLone").opt_outs
    opt_outs.change("SLgone", PERSON, out=True, reason=OptOutReason.OPERATOR)
    assert [account.sid for account in accounts.list()] == ["SLone"]


def test_a_sender_of_one_account_needs_no_note_a_number(store: redis.Redis, senders: SenderStore) -> None:
    senders.note(SENDER, "SLone", PERSON)
    senders.note(SENDER, "SLone", OTHER)
    assert [senders.writers(SENDER, number) for number in (PERSON, OTHER, "+819099999999")] == [["SLone"]] * 3
    assert len(list(store.scan_iter("sender:*"))) == 1
    assert senders.writers("4711", PERSON) == []


def test_of_several_accounts_the_last_that_wrote_to_a_number_gets_its_answer(senders: SenderStore) -> None:
    senders.note(SENDER, "SLone", PERSON, now=1)
    senders.note(SENDER, "SLtwo", OTHER, now=2)
    assert senders.writers(SENDER, PERSON, now=3) == ["SLone"]
    assert senders.writers(SENDER, OTHER, now=3) == ["SLtwo", "SLone"]  # the first may have written to anybody
    senders.note(SENDER, "SLtwo", PERSON, now=4)
    assert senders.writers(SENDER, PERSON, now=5) == ["SLtwo", "SLone"]
    senders.note(SENDER, "SLone", PERSON, now=6)
    assert senders.writers(SENDER, PERSON, now=7) == ["SLone", "SLtwo"]


def test_writers_of_one_number_are_noted_up_to_a_bound_and_the_last_ones_stay(senders: SenderStore) -> None:
    sids = [f"SL{number}" for number in range(MOST_WRITERS + 5)]
    for at, sid in enumerate([*sids, *sids]):  # by the second round all of them know that the sender is shared
        senders.note(SENDER, sid, PERSON, now=at)
    noted = senders.writers(SENDER, PERSON, now=len(sids) * 2)
    assert noted[:MOST_WRITERS] == sids[::-1][:MOST_WRITERS]
    assert noted[MOST_WRITERS:] == ["SL0"]  # was there before the others


def test_an_account_that_writes_again_and_again_pushes_no_other_out(senders: SenderStore) -> None:
    for at, sid in enumerate(["SLone", "SLtwo", "SLthree", *["SLtwo"] * MOST_WRITERS]):
        senders.note(SENDER, sid, PERSON, now=at)
    assert senders.writers(SENDER, PERSON, now=100) == ["SLtwo", "SLthree", "SLone"]


def test_what_may_be_anybodys_is_nobodys(store: redis.Redis, senders: SenderStore) -> None:
    now = int(store.time()[0]) * 1000
    senders.note(SENDER, "SLone", PERSON, now=now)
    senders.note(SENDER, "SLtwo", OTHER, now=now + 1)
    later = now + USED_MS - 10
    senders.note(SENDER, "SLone", OTHER, now=later)
    senders.note(SENDER, "SLtwo", OTHER, now=later)
    assert senders.writers(SENDER, PERSON, now=later) == ["SLone"]
    assert senders.writers(SENDER, PERSON, now=now + USED_MS + 2) == []


def test_an_account_that_left_a_sender_long_ago_leaves_it_to_the_other(
    store: redis.Redis, senders: SenderStore
) -> None:
    now = int(store.time()[0]) * 1000
    senders.note(SENDER, "SLone", PERSON, now=now)
    senders.note(SENDER, "SLtwo", OTHER, now=now + 1)
    senders.note(SENDER, "SLtwo", OTHER, now=now + USED_MS + 2)
    assert senders.writers(SENDER, PERSON, now=now + USED_MS + 3) == ["SLtwo"]
    assert set(store.hgetall(keys.sender(SENDER))) == {"SLtwo"}
