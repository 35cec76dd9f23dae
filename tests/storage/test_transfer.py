"""What putting copies of another store's messages promises."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shortlink.domain.account import Account
from shortlink.domain.code import PARTITIONS
from shortlink.domain.durations import DAY_MS
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.carrier_ids import CarrierIdStore
from shortlink.storage.connection import Store
from shortlink.storage.housekeeping import HousekeepingStore
from shortlink.storage.record_copy import RecordCopy
from shortlink.storage.sender_copies import SenderCopies, SenderCopy
from shortlink.storage.senders import SenderStore
from shortlink.storage.transfer import TransferStore
from tests.factories import MINT, make_message


@pytest.fixture
def copies(client: Store, add: Callable[..., Message]) -> list[RecordCopy]:
    """Two messages of one day and partition, whose store is gone; the first ends a day later than the second."""
    now = int(time.time() * 1000)
    codes = [add(make_message(code=MINT.draw_in(PARTITIONS[0])), now=now).code for _ in range(2)]
    first, second = (one for one in TransferStore(client).copy(codes) if isinstance(one, RecordCopy))
    client.flushall()
    return [replace(first, ends_at=second.ends_at + DAY_MS), second]


@pytest.mark.parametrize("order", [1, -1])
def test_a_day_list_lives_as_long_as_the_last_of_its_messages(
    client: Store, copies: list[RecordCopy], order: int
) -> None:
    assert TransferStore(client).put(copies[::order]) == ["new", "new"]
    day = keys.day_list(PARTITIONS[0], copies[0].account, int(copies[0].fields["A"]) // DAY_MS)
    assert client.llen(day) == 2
    assert client.pexpiretime(day) == copies[0].ends_at + DAY_MS


def test_a_message_whose_time_is_over_is_not_put_and_owes_nothing(client: Store, copies: list[RecordCopy]) -> None:
    over = replace(copies[1], ends_at=int(time.time() * 1000) - 1)
    assert TransferStore(client).put([copies[0], over, copies[0]]) == ["new", "ended", "known"]
    assert client.exists(keys.record(over.code)) == 0
    assert client.zrange(keys.due_messages(PARTITIONS[0]), 0, -1) == [copies[0].code]


def test_a_day_whose_texts_were_blanked_is_looked_at_again_when_messages_of_it_are_put(
    client: Store, copies: list[RecordCopy]
) -> None:
    house, sid, day = HousekeepingStore(client), copies[0].account, copies[0].accepted_at // DAY_MS
    house.mark_done(sid, day - 2, with_all_before=True, seconds=60)
    house.mark_done(sid, day - 1, with_all_before=False, seconds=60)
    house.mark_done(sid, day, with_all_before=False, seconds=60)
    assert TransferStore(client).put(copies) == ["new", "new"]
    assert house.days_done(sid, range(day - 3, day + 1)) == {day - 1}


@pytest.mark.parametrize(
    ("changes", "is_noted"),
    [({}, True), ({"u": "https://shop.test/"}, False), ({"A": "1"}, False), ({"S": "~" * 20}, False)],
)
def test_a_carriers_message_is_not_taken_for_another_one_with_the_same_text(
    client: Store, copies: list[RecordCopy], changes: dict[str, str], *, is_noted: bool
) -> None:
    fields = {name: value for name, value in copies[0].fields.items() if name != "u"}
    taken = replace(copies[0], fields=fields | {"S": "SM1", **changes})
    assert TransferStore(client).put([taken]) == ["new"]
    assert CarrierIdStore(client).own("SM1", "another") is not is_noted
    assert CarrierIdStore(client).own("SM1", taken.code) is is_noted


def test_an_account_that_was_put_before_its_first_opt_out_is_asked_for_it(client: Store) -> None:
    accounts, transfer = AccountStore(client), TransferStore(client)
    accounts.add(Account(sid="SLa", name="A", token_hash="h", created_at=1))
    assert transfer.put_opt_outs(PARTITIONS[0], "SLa", {"digest": "1 word"}) == 1
    assert accounts.get("SLa").opt_outs
    assert transfer.put_opt_outs(PARTITIONS[0], "SLgone", {"digest": "1 word"}) == 1
    assert accounts.sids() == ["SLa"]


SENDER, PERSON, STRANGER = "15005550006", "+818011234567", "+818011234568"


@pytest.mark.parametrize("sid", [None, "SLone"])
def test_who_answers_a_message_of_before_the_move_is_heard(client: Store, sid: str | None) -> None:
    senders, copies = SenderStore(client, b"k" * 32), SenderCopies(client)
    for account, number in (("SLone", STRANGER), ("SLtwo", PERSON), ("SLone", PERSON)):
        senders.note(SENDER, account, number)
    before = [senders.writers(SENDER, number) for number in (PERSON, STRANGER)]
    found = [one for one in copies.all(sid) if isinstance(one, SenderCopy)]
    ends = {one.name: one.ends_at for one in found}
    client.flushall()
    assert [copies.put(one) for one in (*found, *found)] == [True] * len(found) + [False] * len(found)
    after = [senders.writers(SENDER, number) for number in (PERSON, STRANGER)]
    assert after == (before if sid is None else [[sid], [sid]])
    assert {name: client.pexpiretime(name) for name in ends} == ends


def test_a_note_that_cannot_be_read_is_named_and_keeps_nobody_from_the_others(client: Store) -> None:
    SenderStore(client, b"k" * 32).note(SENDER, "SLone", PERSON)
    client.set("sender:{1}", "no hash")
    client.hset("sender:{2}", "SLone", b"\xff")
    read = list(SenderCopies(client).all(None))
    assert sorted(one for one in read if isinstance(one, str)) == ["sender:{1}", "sender:{2}"]
    assert [one.name for one in read if isinstance(one, SenderCopy)] == [f"sender:{{{SENDER}}}"]


@pytest.mark.parametrize(
    "wrong",
    [{"name": "accounts"}, {"name": "sender:{1}:" + "a" * 24}, {"ends_at": 0}, {"ends_at": "1"}, {"fields": {}}],
)
def test_a_note_that_no_store_holds_is_no_copy(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no"):
        SenderCopy(**{"name": "sender:{1}", "ends_at": 1, "fields": {"SLone": "1"}, **wrong})
