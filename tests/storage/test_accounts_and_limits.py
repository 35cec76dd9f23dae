"""Accounts, token buckets and signs of life."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shortlink.domain.account import Account, AccountChanged, AccountExists
from shortlink.domain.code import PARTITIONS
from shortlink.domain.errors import NotFound, StoreUnavailable
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.connection import Store, connect
from shortlink.storage.limits import LimitStore
from shortlink.storage.presence import PresenceStore

NOW = 1_790_000_000_000
ACCOUNT = Account(sid="SLone", name="One & <Two>", token_hash="h", created_at=5)


def test_an_account_reads_back_with_every_field(client: Store) -> None:
    accounts = AccountStore(client)
    full = Account(
        sid="SLtwo",
        name="名前",
        token_hash="h",
        created_at=6,
        disabled=True,
        disabled_at=7,
        secret_version=3,
        secret_rotated_at=(7, 8),
        send_rate=0.0,
        list_rate=2.5,
        hold_unconfirmed=True,
    )
    accounts.add(full)
    accounts.add(ACCOUNT)
    assert accounts.get("SLtwo") == full
    assert accounts.list() == [ACCOUNT, full]


def test_a_new_account_never_takes_the_place_of_another(client: Store) -> None:
    accounts = AccountStore(client)
    accounts.add(ACCOUNT)
    with pytest.raises(AccountExists, match="SLone"):
        accounts.add(replace(ACCOUNT, name="Two"))
    assert accounts.list() == [ACCOUNT]


def test_a_change_writes_its_own_fields_and_makes_no_account(client: Store) -> None:
    accounts = AccountStore(client)
    accounts.add(replace(ACCOUNT, send_rate=2.0))
    client.hset("account:SLone", "opt_outs", "1")
    assert accounts.change("SLone", send_rate=None, list_rate=1.5) == accounts.get("SLone")
    assert accounts.get("SLone") == replace(ACCOUNT, list_rate=1.5, opt_outs=True)
    with pytest.raises(NotFound, match="SLnone"):
        accounts.change("SLnone", disabled=True)
    assert not client.exists("account:SLnone", *map(keys.closed_accounts, PARTITIONS))


def test_a_change_is_refused_when_what_it_has_seen_is_no_more(client: Store) -> None:
    accounts = AccountStore(client)
    accounts.add(ACCOUNT)
    accounts.change("SLone", seen={"token_hash": "h"}, token_hash="i")
    for seen in ({"token_hash": "h"}, {"name": ACCOUNT.name, "token_hash": "h"}, {"disabled": True}):
        with pytest.raises(AccountChanged):
            accounts.change("SLone", seen=seen, token_hash="j", disabled=True)
    assert accounts.change("SLone", seen={"disabled": False, "token_hash": "i"}, list_rate=2.0).list_rate == 2.0
    assert accounts.get("SLone") == replace(ACCOUNT, token_hash="i", list_rate=2.0)


def test_a_closed_account_is_closed_in_every_partition_until_it_is_opened(client: Store) -> None:
    accounts = AccountStore(client)
    accounts.add(ACCOUNT)
    copies = [keys.closed_accounts(partition) for partition in PARTITIONS]
    for closed in (True, False):
        accounts.change("SLone", disabled=closed)
        accounts.change("SLone", name="Other")
        assert {bool(client.sismember(name, "SLone")) for name in copies} == {closed}


def test_an_account_that_comes_closed_is_closed_in_every_partition(client: Store) -> None:
    accounts = AccountStore(client)
    accounts.add(replace(ACCOUNT, disabled=True))
    accounts.add(replace(ACCOUNT, sid="SLtwo"))
    copies = [keys.closed_accounts(partition) for partition in PARTITIONS]
    assert [client.smembers(name) for name in copies] == [{"SLone"}] * len(PARTITIONS)


def test_the_time_of_one_rotation_is_read_as_it_was_written_at_first(client: Store) -> None:
    accounts = AccountStore(client)
    accounts.add(ACCOUNT)
    client.hset("account:SLone", "secret_rotated_at", "7")
    assert accounts.get("SLone").secret_rotated_at == (7,)


def test_an_unknown_account_is_not_found(client: Store) -> None:
    with pytest.raises(NotFound, match="SLnone"):
        AccountStore(client).get("SLnone")


def test_a_bucket_gives_its_burst_then_its_rate(client: Store) -> None:
    limits = LimitStore(client)
    burst = [limits.take("send", "SLone", rate=10, burst=5, now=NOW) for _ in range(6)]
    assert [one.granted for one in burst] == [True] * 5 + [False]
    assert [one.left for one in burst] == [4, 3, 2, 1, 0, 0]
    refused = limits.take("send", "SLone", rate=10, burst=5, now=NOW + 50)
    assert (refused.granted, refused.wait_ms) == (False, 50)
    assert limits.take("send", "SLone", rate=10, burst=5, now=NOW + 100).granted


@pytest.mark.parametrize("rate", [3, 7.5])
def test_who_waits_as_long_as_told_is_not_refused_again(client: Store, rate: float) -> None:
    limits = LimitStore(client)
    limits.take("send", "SLone", rate=rate, burst=1, now=NOW)
    wait_ms = limits.take("send", "SLone", rate=rate, burst=1, now=NOW).wait_ms
    assert not limits.take("send", "SLone", rate=rate, burst=1, now=NOW + wait_ms - 1).granted
    assert limits.take("send", "SLone", rate=rate, burst=1, now=NOW + wait_ms).granted


def test_a_clock_that_steps_back_gives_nothing_away(client: Store) -> None:
    limits = LimitStore(client)
    limits.take("send", "SLone", rate=1, burst=1, now=NOW)
    assert not limits.take("send", "SLone", rate=1, burst=1, now=NOW - 3_600_000).granted
    assert not limits.take("send", "SLone", rate=1, burst=1, now=NOW).granted


def test_a_clock_that_steps_back_makes_nobody_wait_for_longer(client: Store) -> None:
    limits = LimitStore(client)
    for now in (NOW, NOW - 3_600_000):
        limits.take("send", "SLone", rate=1, burst=1, now=now)
    assert limits.take("send", "SLone", rate=1, burst=1, now=NOW + 1_000).granted


def test_a_bucket_that_is_full_again_takes_no_memory(client: Store) -> None:
    LimitStore(client).take("send", "SLone", rate=10, burst=100)
    assert 0 < client.pttl("limit:send:SLone") <= 11_000


def test_what_a_large_batch_was_lent_is_remembered_until_it_has_come_back(client: Store) -> None:
    limits = LimitStore(client)
    limits.perform(limits.take_steps("send", "SLone", rate=10, burst=5, count=100))
    assert 10_000 < client.pttl("limit:send:SLone") <= 11_000


def test_roles_not_seen_are_absent(client: Store) -> None:
    presence = PresenceStore(client)
    presence.report("worker")
    assert presence.absent("dispatcher", "worker") == ["dispatcher"]


def test_a_store_that_is_away_says_so_in_our_words() -> None:
    away = connect("unix:///nowhere/at/all.sock", retries=0)
    with pytest.raises(StoreUnavailable):
        AccountStore(away).get("SLone")
    with pytest.raises(StoreUnavailable):
        AccountStore(away).list()


def test_a_full_store_is_unavailable_and_nothing_is_half_written(client: Store) -> None:
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailable):
            AccountStore(client).add(ACCOUNT)
    finally:
        client.config_set("maxmemory", "0")
    assert client.dbsize() == 0


def test_an_account_can_be_closed_in_a_store_that_is_full(client: Store) -> None:
    accounts = AccountStore(client)
    accounts.add(ACCOUNT)
    client.config_set("maxmemory", "1")
    try:
        assert accounts.change("SLone", disabled=True).disabled
    finally:
        client.config_set("maxmemory", "0")
    assert all(client.sismember(keys.closed_accounts(partition), "SLone") for partition in PARTITIONS)
