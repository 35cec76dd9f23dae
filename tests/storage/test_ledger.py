"""What the due sets promise."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shortlink.domain.code import PARTITIONS, partition_of
from shortlink.domain.due import Due
from shortlink.domain.message import Message
from shortlink.storage import keys
from shortlink.storage.connection import Store
from shortlink.storage.ledger import Ledger
from tests.factories import MINT, make_message

NOW = 1_790_000_000_000
Add = Callable[..., Message]


def test_several_dispatchers_never_get_the_same_item_at_once(ledger: Ledger, add: Add) -> None:
    codes = {add().code for _ in range(100)}

    def offer(_: int) -> tuple[str, ...]:
        return ledger.offer(Due.MESSAGES, again_ms=60_000, most=160, now=NOW).members

    with ThreadPoolExecutor(4) as pool:
        taken = [code for members in pool.map(offer, range(12)) for code in members]
    assert sorted(taken) == sorted(codes)


def test_a_lost_offer_comes_back(ledger: Ledger, add: Add) -> None:
    message = add()
    ledger.offer(Due.MESSAGES, again_ms=20_000, most=16, now=NOW)
    assert ledger.offer(Due.MESSAGES, again_ms=20_000, most=16, now=NOW + 19_999).members == ()
    assert ledger.offer(Due.MESSAGES, again_ms=20_000, most=16, now=NOW + 20_000).members == (message.code,)


def test_the_next_time_is_told(ledger: Ledger, add: Add) -> None:
    assert ledger.offer(Due.MESSAGES, again_ms=1, most=16, now=NOW).next_ms is None
    add()
    assert ledger.offer(Due.MESSAGES, again_ms=700, most=16, now=NOW).next_ms == 700


def test_accepting_a_message_wakes_a_listener(ledger: Ledger, add: Add) -> None:
    with ledger.hints() as wait:
        wait(0.05)
        add(make_message())
        assert wait(5) == {Due.MESSAGES}


def test_a_store_that_forgot_its_scripts_is_taught_again(ledger: Ledger, client: Store, add: Add) -> None:
    add()
    client.script_flush()
    assert len(ledger.offer(Due.MESSAGES, again_ms=1, most=16, now=NOW).members) == 1
    client.script_flush()
    assert add().code


def test_a_campaign_does_not_delay_another_accounts_message(ledger: Ledger, add: Add) -> None:
    campaign = {add(make_message(account="SLcampaign")).code for _ in range(400)}
    for _ in range(4):
        offered = ledger.offer(Due.MESSAGES, again_ms=60_000, most=32, now=NOW).members
        assert campaign.issuperset(offered)
        code = add(make_message(account="SLbank")).code
        assert code in ledger.offer(Due.MESSAGES, again_ms=60_000, most=32, now=NOW).members


def test_accounts_with_much_waiting_take_turns(ledger: Ledger, add: Add) -> None:
    first = [add(make_message(account="SLone")).code for _ in range(240)]
    second = [add(make_message(account="SLtwo")).code for _ in range(240)]
    offered = [ledger.offer(Due.MESSAGES, again_ms=60_000, most=64, now=NOW).members for _ in range(3)]
    taken = {code for members in offered for code in members}
    assert abs(len(taken.intersection(first)) - len(taken.intersection(second))) <= 16 * 3


def test_messages_due_again_and_new_ones_leave_each_other_room(ledger: Ledger, add: Add) -> None:
    again = {add().code for _ in range(320)}
    while ledger.offer(Due.MESSAGES, again_ms=1000, most=160, now=NOW).members:
        pass
    new = {add().code for _ in range(320)}
    offered = ledger.offer(Due.MESSAGES, again_ms=60_000, most=64, now=NOW + 1000).members
    taken = set(offered)
    assert len(offered) == 64
    assert len(taken & again) >= 16
    assert len(taken & new) >= 16


def test_one_at_a_time_gets_around_to_everything(ledger: Ledger, add: Add) -> None:
    codes = {add().code for _ in range(40)}
    taken: list[str] = []
    for _ in range(16 * 40):
        taken += ledger.offer(Due.MESSAGES, again_ms=60_000, most=1, now=NOW).members
    assert sorted(taken) == sorted(codes)


def test_turns_are_forgotten_when_nobody_waits(ledger: Ledger, client: Store, add: Add) -> None:
    for account in ("SLone", "SLtwo"):
        for _ in range(50):
            add(make_message(account=account))
        while ledger.offer(Due.MESSAGES, again_ms=60_000, most=160, now=NOW).members:
            pass
    for partition in {partition_of(add(make_message(account="SLthree")).code) for _ in range(50)}:
        assert client.hkeys(keys.turns(partition)) == ["SLthree"]


def test_a_newcomer_waits_its_turn_behind_those_already_waiting(ledger: Ledger, add: Add) -> None:
    """In one partition, as turns are counted there."""

    def put(account: str, count: int) -> set[str]:
        return {add(make_message(account=account, code=MINT.draw_in(PARTITIONS[0]))).code for _ in range(count)}

    def take(most: int) -> set[str]:
        return set(ledger.offer(Due.MESSAGES, again_ms=60_000, most=most * len(PARTITIONS), now=NOW).members)

    first = put("SLone", 60)
    take(30)
    second = put("SLtwo", 30)
    taken = take(20)
    assert abs(len(taken & first) - len(taken & second)) <= 2
