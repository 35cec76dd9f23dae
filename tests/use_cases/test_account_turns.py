"""Whose message is next over all partitions, when few go out."""

from __future__ import annotations

import pytest

from shortlink.storage.due_heads import FIRST_TIME, DueHead
from shortlink.use_cases.account_turns import AccountTurns
from tests.factories import MINT


def waiting(account: str, count: int, *, since: int = 0, turn: int = 1) -> list[DueHead]:
    """Messages never offered, in the order of their acceptance."""
    return [
        DueHead(code=MINT.draw(), score=turn, account=account, accepted_at=since + number) for number in range(count)
    ]


def due_again(count: int) -> list[DueHead]:
    return [DueHead(code=MINT.draw(), score=FIRST_TIME + n, account="SLagain", accepted_at=0) for n in range(count)]


@pytest.fixture
def turns() -> AccountTurns:
    return AccountTurns()


def work_off(turns: AccountTurns, heads: list[DueHead], count: int) -> list[str]:
    """Pick one at a time; returns whose they were."""
    accounts = []
    for _ in range(count):
        (head,) = turns.pick(heads, 1)
        heads.remove(head)
        accounts.append(head.account)
    return accounts


def test_a_newcomer_is_next_however_many_partitions_the_others_wait_in(turns: AccountTurns) -> None:
    heads = waiting("SLcampaign", 200)
    work_off(turns, heads, 50)
    heads += waiting("SLbank", 1, since=10_000, turn=7)
    assert work_off(turns, heads, 2) == ["SLbank", "SLcampaign"]


def test_a_newcomer_with_much_gets_a_turn_and_no_arrears(turns: AccountTurns) -> None:
    heads = waiting("SLcampaign", 200)
    work_off(turns, heads, 50)
    heads += waiting("SLbank", 100, since=10_000)
    taken = work_off(turns, heads, 20)
    assert taken[0] == "SLbank"
    assert abs(taken.count("SLbank") - taken.count("SLcampaign")) <= 1


def test_whoever_asks_again_and_again_gets_no_more_than_a_turn_a_round(turns: AccountTurns) -> None:
    heads = waiting("SLone", 50) + waiting("SLtwo", 50)
    taken = []
    for number in range(10):
        heads += waiting("SLbank", 1, since=10_000 + number)
        taken += work_off(turns, heads, 2)
    assert 6 <= taken.count("SLbank") <= 8


def test_several_at_a_time_are_shared_as_one_at_a_time_is(turns: AccountTurns) -> None:
    heads = waiting("SLone", 50) + waiting("SLtwo", 50, since=1000) + waiting("SLthree", 2, since=2000)
    chosen = [head.account for head in turns.pick(heads, 20)]
    assert [chosen.count(account) for account in ("SLone", "SLtwo", "SLthree")] == [9, 9, 2]


def test_the_messages_of_an_account_go_out_in_the_order_of_acceptance(turns: AccountTurns) -> None:
    heads = waiting("SLone", 30)
    assert turns.pick(heads[::-1], 30) == heads


def test_one_at_a_time_is_by_turn_and_by_time_in_alternation(turns: AccountTurns) -> None:
    heads = waiting("SLone", 10) + due_again(10)
    assert work_off(turns, heads, 6) == ["SLone", "SLagain"] * 3


def test_what_one_half_does_not_need_is_the_others(turns: AccountTurns) -> None:
    assert len(turns.pick(waiting("SLone", 2) + due_again(10), 8)) == 8
    assert len(turns.pick(waiting("SLone", 10) + due_again(2), 8)) == 8
    assert turns.pick([], 8) == []


def test_accounts_that_had_their_turn_long_ago_are_forgotten(turns: AccountTurns) -> None:
    for number in range(200):
        turns.pick(waiting(f"SL{number}", 2), 2)
    assert len(turns._last) <= 2
