"""What stands first in the due sets, and that nobody takes it twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shortlink.domain.code import PARTITIONS
from shortlink.domain.due import Due
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.due_heads import LOOK_AT, DueHeads
from shortlink.storage.ledger import Ledger
from tests.factories import MINT, make_message

NOW = 1_790_000_000_000
Add = Callable[..., Message]


def test_heads_tell_whose_they_are_and_since_when(client: Store, add: Add) -> None:
    message = add(make_message(account="SLbank"), now=NOW)
    (head,), next_ms = DueHeads(client).look(now=NOW)
    assert (head.code, head.account, head.accepted_at) == (message.code, "SLbank", NOW)
    assert (head.is_new, next_ms) == (True, None)


def test_looking_changes_nothing_and_taking_is_an_offer(client: Store, ledger: Ledger, add: Add) -> None:
    message = add()
    ledger.heads.look(now=NOW)
    heads, _ = ledger.heads.look(now=NOW)
    assert [head.code for head in heads] == [message.code]
    assert ledger.heads.take(heads, again_ms=20_000, now=NOW) == [message.code]
    assert ledger.heads.look(now=NOW + 19_999) == ([], 1)
    (again,), _ = ledger.heads.look(now=NOW + 20_000)
    assert not again.is_new
    assert ledger.offer(Due.MESSAGES, again_ms=1, most=16, now=NOW + 20_000).members == (message.code,)


def test_several_dispatchers_that_chose_the_same_get_each_once(client: Store, ledger: Ledger, add: Add) -> None:
    for _ in range(50):
        add()
    heads, _ = ledger.heads.look(now=NOW)

    def take(_: int) -> list[str]:
        return ledger.heads.take(heads, again_ms=20_000, now=NOW)

    with ThreadPoolExecutor(4) as pool:
        taken = [code for codes in pool.map(take, range(8)) for code in codes]
    assert sorted(taken) == sorted(head.code for head in heads)


def test_those_due_again_do_not_hide_the_new_ones_nor_the_other_way_round(ledger: Ledger, add: Add) -> None:
    def put(count: int) -> None:
        for _ in range(count):
            add(make_message(code=MINT.draw_in(PARTITIONS[3])))

    put(LOOK_AT * 2)
    ledger.heads.take(ledger.heads.look(now=NOW)[0], again_ms=0, now=NOW)
    put(LOOK_AT * 2)
    heads, _ = ledger.heads.look(now=NOW)
    assert [head.is_new for head in heads].count(True) == LOOK_AT
    assert [head.is_new for head in heads].count(False) == LOOK_AT


def test_a_damaged_or_lost_record_is_offered_like_all_others(client: Store, ledger: Ledger, add: Add) -> None:
    codes = [add().code for _ in range(5)]
    client.delete(keys.record(codes[0]))
    client.hset(keys.record(codes[1]), "A", "yesterday")
    client.hset(keys.record(codes[4]), "A", "9" * 5000)
    client.delete(keys.record(codes[2]))
    client.set(keys.record(codes[2]), "no hash")
    heads, _ = ledger.heads.look(now=NOW)
    assert sorted(head.code for head in heads) == sorted(codes)


def test_a_look_reads_only_the_records_that_the_last_one_did_not(client: Store, ledger: Ledger, add: Add) -> None:
    for _ in range(10):
        add()

    def reads() -> int:
        ledger.heads.look(now=NOW)
        calls = client.info("commandstats").get("cmdstat_hmget", {"calls": 0})["calls"]
        client.config_resetstat()
        return int(calls)

    client.config_resetstat()
    assert reads() == 10
    assert reads() == 0
    add()
    assert reads() == 1
