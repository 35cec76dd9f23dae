"""Erasing a person, redelivering callbacks, switching links and accounts off, auditing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shortlink.domain.callback import Attempt, CallbackKind, CallbackState
from shortlink.domain.click import Judgement, Verdict
from shortlink.domain.code import partition_of
from shortlink.domain.due import Due
from shortlink.domain.durations import DAY_MS
from shortlink.domain.errors import NotFound
from shortlink.domain.message import DeliveryReceipt, Message, MessageStatus
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.callbacks import CallbackStore, Redelivery
from shortlink.storage.connection import Store
from shortlink.storage.day_lists import DayLists
from shortlink.storage.erasures import ErasureStore
from shortlink.storage.inspection import Inspector
from shortlink.storage.ledger import Ledger
from shortlink.storage.links import LinkStore, Standing
from shortlink.storage.messages import MessageStore
from shortlink.storage.opt_outs import OptOutStore
from shortlink.storage.sendings import SendingStore
from shortlink.use_cases.audit_store import audit_store
from shortlink.use_cases.erase_recipient import erase_recipient
from shortlink.use_cases.redeliver_callbacks import redeliver_callback, redeliver_days
from shortlink.use_cases.switch_link import switch_link
from tests.factories import make_message

Add = Callable[..., Message]
NUMBER = "+818011234567"
HUMAN = Judgement(verdict=Verdict.HUMAN, rule="t")


def tap(client: Store, message: Message) -> Standing:
    return LinkStore(client).follow(message.code, HUMAN, spends=True, callback_ms=0).standing


def exhaust(callbacks: CallbackStore, message: Message, kind: CallbackKind = CallbackKind.CLICK) -> None:
    claim = callbacks.claim(message.code, kind, lease_ms=1000)
    assert claim is not None
    attempt = Attempt(at=1, duration_ms=1, status_code=500)
    callbacks.finish(claim, attempt, state=CallbackState.EXHAUSTED)


def test_an_erased_number_is_nowhere_in_the_store(
    client: Store, erasures: ErasureStore, opt_outs: OptOutStore, add: Add
) -> None:
    for _ in range(3):
        tap(client, add())
    add(make_message(recipient="+818011234568"))
    report = erase_recipient(NUMBER, inspector=Inspector(client), erasures=erasures, opt_outs=opt_outs)
    assert (report.looked_at, report.erased, report.cancelled) == (4, 3, 3)
    dump = str([client.hgetall(key) for key in client.scan_iter(match="{*}m*")])
    assert "818011234567" not in dump
    assert "818011234568" in dump
    assert list(audit_store(Inspector(client))) == []


def test_erasing_again_finds_nothing(client: Store, erasures: ErasureStore, opt_outs: OptOutStore, add: Add) -> None:
    add()
    inspector = Inspector(client)
    erase_recipient(NUMBER, inspector=inspector, erasures=erasures, opt_outs=opt_outs)
    assert erase_recipient(NUMBER, inspector=inspector, erasures=erasures, opt_outs=opt_outs).erased == 0


def test_a_person_is_erased_from_a_store_that_is_full(
    client: Store, messages: MessageStore, erasures: ErasureStore, opt_outs: OptOutStore, add: Add
) -> None:
    message = add()
    client.config_set("maxmemory", "1")
    try:
        report = erase_recipient(NUMBER, inspector=Inspector(client), erasures=erasures, opt_outs=opt_outs)
    finally:
        client.config_set("maxmemory", "0")
    assert (report.erased, report.cancelled) == (1, 1)
    assert messages.get(message.id).recipient == ""


def test_an_erased_message_is_not_sent_any_more_but_its_link_still_works(
    client: Store,
    messages: MessageStore,
    sendings: SendingStore,
    erasures: ErasureStore,
    opt_outs: OptOutStore,
    add: Add,
) -> None:
    message = add()
    erase_recipient(NUMBER, inspector=Inspector(client), erasures=erasures, opt_outs=opt_outs)
    assert sendings.claim(message.code, lease_ms=1000, first_look_ms=1000) is None
    kept = messages.get(message.id)
    assert (kept.status, kept.error, kept.recipient) == (MessageStatus.FAILED, "erased", "")
    assert kept.link is not None
    assert kept.link.short_url == message.link.short_url  # type: ignore[union-attr]
    assert tap(client, message) is Standing.LIVE
    assert Ledger(client).depth(Due.CALLBACKS) == 0


def test_a_message_erased_during_the_call_is_not_put_back_to_be_sent(
    messages: MessageStore, sendings: SendingStore, erasures: ErasureStore, add: Add
) -> None:
    message = add()
    claim = sendings.claim(message.code, lease_ms=60_000, first_look_ms=1000)
    assert claim is not None
    erasures.erase(message, person=True)
    assert not sendings.postpone(
        message.code,
        token=claim.token,
        leaving=[claim.message.status],
        status=MessageStatus.ACCEPTED,
        wait_ms=0,
    )
    receipt = DeliveryReceipt(carrier_id="SM1", status=MessageStatus.QUEUED)
    sendings.advance(message.code, receipt, poll_ms=1000, report_ms=0)
    assert messages.get(message.id).status is MessageStatus.QUEUED


def test_a_text_is_erased_only_when_it_is_no_longer_needed(
    messages: MessageStore, sendings: SendingStore, erasures: ErasureStore, add: Add
) -> None:
    message = add()
    erasures.erase(message, person=False)
    assert messages.get(message.id).text == message.text
    receipt = DeliveryReceipt(carrier_id="SM1", status=MessageStatus.DELIVERED)
    sendings.advance(message.code, receipt, poll_ms=1000, report_ms=0)
    erasures.erase(message, person=False)
    kept = messages.get(message.id)
    assert kept.text == message.link.short_url  # type: ignore[union-attr]
    assert kept.recipient == NUMBER


def test_an_ended_callback_gets_ten_more_tries_under_the_same_id(
    client: Store, messages: MessageStore, add: Add
) -> None:
    message, callbacks = add(), CallbackStore(client)
    tap(client, message)
    exhaust(callbacks, message)
    (ended,) = callbacks.list_of(message)
    answer = redeliver_callback(message.id, ended.id, sid=message.account, messages=messages, callbacks=callbacks)
    assert answer is Redelivery.REOPENED
    claim = callbacks.claim(message.code, CallbackKind.CLICK, lease_ms=1000)
    assert claim is not None
    assert (claim.callback.id, claim.number, claim.callback.tries_this_round) == (ended.id, 2, 1)
    with pytest.raises(NotFound):
        redeliver_callback(
            message.id, f"{message.id}-report", sid=message.account, messages=messages, callbacks=callbacks
        )
    assert list(audit_store(Inspector(client))) == []


def test_nobody_redelivers_what_is_not_theirs_or_never_fell_due(
    client: Store, messages: MessageStore, add: Add
) -> None:
    message, callbacks = add(), CallbackStore(client)
    for sid, callback_id in ((message.account, f"{message.id}-click"), ("SLother00000", f"{message.id}-click")):
        with pytest.raises(NotFound):
            redeliver_callback(message.id, callback_id, sid=sid, messages=messages, callbacks=callbacks)


def test_a_range_of_days_is_redelivered_but_what_arrived_is_left_alone(client: Store, add: Add) -> None:
    lost, arrived, callbacks = add(), add(), CallbackStore(client)
    for message in (lost, arrived):
        tap(client, message)
    exhaust(callbacks, lost)
    claim = callbacks.claim(arrived.code, CallbackKind.CLICK, lease_ms=1000)
    assert claim is not None
    callbacks.finish(claim, Attempt(at=1, duration_ms=1, status_code=200), state=CallbackState.DELIVERED)
    day = lost.accepted_at // DAY_MS
    counted = [
        redeliver_days(
            sid=lost.account, first_day=first, last_day=last, day_lists=DayLists(client), callbacks=callbacks
        )
        for first, last in ((day - 9, day - 1), (day, day), (day, day))
    ]
    assert counted == [0, 1, 0]


def test_a_link_switched_off_is_gone_at_the_next_tap_and_comes_back(
    client: Store, messages: MessageStore, add: Add
) -> None:
    message, links = add(), LinkStore(client)
    switch_link(message.id, on=False, by="api", sid=message.account, messages=messages, links=links)
    assert tap(client, message) is Standing.GONE
    switch_link(message.id, on=True, by="api", sid=message.account, messages=messages, links=links)
    assert tap(client, message) is Standing.LIVE
    with pytest.raises(NotFound):
        switch_link(message.id, on=False, by="api", sid="SLother00000", messages=messages, links=links)


def test_an_account_switched_off_takes_its_links_along(client: Store, accounts: AccountStore, add: Add) -> None:
    message = add()
    accounts.change("SLtestaccount", disabled=True)
    assert tap(client, message) is Standing.GONE
    accounts.change("SLtestaccount", disabled=False)
    assert tap(client, message) is Standing.LIVE


def test_an_audit_finds_what_is_broken(client: Store, add: Add) -> None:
    lost, orphan, forever, clicked = add(), add(), add(), add()
    client.zrem(keys.due_messages(partition_of(lost.code)), lost.code)
    client.delete(keys.record(orphan.code))
    client.persist(keys.record(forever.code))
    client.hset(keys.record(clicked.code), "H", "5")
    client.set("stray", "key")
    found = {(finding.invariant, finding.subject) for finding in audit_store(Inspector(client))}
    assert found >= {
        ("I2", lost.code),
        ("I16", orphan.code),
        ("I16", forever.code),
        ("I6", clicked.code),
        ("I16", "stray"),
    }
    assert len(DayLists(client).newest(lost.account, lost.accepted_at // DAY_MS, most=10)) == 3


@pytest.mark.parametrize("name", ["a", "i", "f", "t", "A", "s", "x"])
def test_an_audit_names_a_record_without_a_field_and_checks_the_others(client: Store, add: Add, name: str) -> None:
    damaged, lost = add(), add()
    client.hdel(keys.record(damaged.code), name)
    client.zrem(keys.due_messages(partition_of(lost.code)), lost.code)
    found = {(finding.invariant, finding.subject): finding.seen for finding in audit_store(Inspector(client))}
    assert set(found) == {("I18", damaged.code), ("I2", lost.code)}
    assert found["I18", damaged.code] == f"it cannot be read: its field '{name}' is missing"


def test_an_audit_names_what_cannot_be_read_without_showing_it(client: Store, add: Add) -> None:
    worded, stateless, no_hash, event = add(), add(), add(), add()
    client.hset(keys.record(worded.code), "A", "+818011234567?")
    client.hset(keys.record(stateless.code), "s", "?")
    client.delete(keys.record(no_hash.code))
    client.set(keys.record(no_hash.code), "a string", ex=1000)
    client.xadd(keys.events(partition_of(event.code)), {"e": f"s{event.code} ?"})
    found = list(audit_store(Inspector(client)))
    assert {(finding.invariant, finding.subject) for finding in found} == {
        ("I18", message.code) for message in (worded, stateless, no_hash, event)
    }
    assert "8180" not in str(found)


def test_an_audit_finds_tries_of_a_callback_that_is_not_there(client: Store, erasures: ErasureStore, add: Add) -> None:
    counted, erased = add(), add()
    client.hset(keys.record(counted.code), "cn", "11")
    erasures.erase(erased, person=True)
    client.hset(keys.record(erased.code), "cn", "1")
    found = [(finding.invariant, finding.subject) for finding in audit_store(Inspector(client))]
    assert found == [("I8", counted.code)]
