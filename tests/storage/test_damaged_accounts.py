"""An account that cannot be read keeps nobody from the others, and somebody hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from shortlink.domain.account import Account
from shortlink.domain.errors import AccountUnreadable, NotFound
from shortlink.domain.opt_out import OptOutReason
from shortlink.storage import keys
from shortlink.storage.accounts import AccountStore
from shortlink.storage.async_line import AsyncLine
from shortlink.storage.connection import Store
from shortlink.storage.opt_outs import OptOutStore

WELL = Account(sid="SLwell", name="Well", token_hash="h", created_at=5)
DAMAGED = replace(WELL, sid="SLbroken", name="Secret name", created_at=4)
NAME = keys.account(DAMAGED.sid)
Damage = tuple[Callable[[Store], object], str]


def _replaced(client: Store) -> None:
    client.set(NAME, "no hash")


DAMAGES: dict[str, Damage] = {
    "it is no hash": (_replaced, "it is no hash"),
    "a field is missing": (lambda client: client.hdel(NAME, "token_hash"), "its field token_hash is missing"),
    "a version is garbled": (lambda client: client.hset(NAME, "secret_version", "two"), "its field secret_version"),
    "a time is beyond all": (lambda client: client.hset(NAME, "created_at", "9" * 30), "its field created_at"),
    "a rate is no number": (lambda client: client.hset(NAME, "send_rate", "nan"), "its field send_rate"),
    "it is neither open nor closed": (lambda client: client.hset(NAME, "disabled", "yes"), "its field disabled"),
    "its hash has other letters": (lambda client: client.hset(NAME, "token_hash", "名"), "its field token_hash"),
    "it is another's": (lambda client: client.hset(NAME, "sid", "SLwell"), "its field sid names another"),
    "a name is no text": (lambda client: client.hset(NAME, "name", b"\xff"), "field"),
}


@pytest.fixture
def accounts(client: Store) -> AccountStore:
    return AccountStore(client)


@pytest.fixture(params=list(DAMAGES.values()), ids=list(DAMAGES))
def reason(request: pytest.FixtureRequest, client: Store, accounts: AccountStore) -> str:
    """What is wrong with one of two accounts, which was damaged by hand."""
    accounts.add(WELL)
    accounts.add(DAMAGED)
    damage, told = request.param
    damage(client)
    return str(told)


def test_a_damaged_account_is_told_by_its_sid_and_never_by_what_it_holds(accounts: AccountStore, reason: str) -> None:
    with pytest.raises(AccountUnreadable, match=f"SLbroken cannot be read: .*{reason}") as raised:
        accounts.get(DAMAGED.sid)
    assert "Secret" not in str(raised.value)
    assert accounts.get(WELL.sid) == WELL


def test_an_event_loop_is_told_of_a_damaged_account_as_well(
    client: Store, accounts: AccountStore, valkey_url: str, reason: str
) -> None:
    async def ask() -> Account:
        line = AsyncLine(valkey_url, timeout_seconds=5.0)
        try:
            return await line.perform(accounts.get_steps(DAMAGED.sid))
        finally:
            line.close()
            await asyncio.sleep(0)

    with pytest.raises(AccountUnreadable, match=reason):
        asyncio.run(ask())


def test_a_damaged_account_is_left_out_of_the_list_and_named_apart(accounts: AccountStore, reason: str) -> None:
    assert accounts.list() == [WELL]
    assert [(one.sid, reason in one.reason) for one in accounts.damaged()] == [(DAMAGED.sid, True)]
    assert accounts.sids() == [DAMAGED.sid, WELL.sid]


def test_a_damaged_account_is_logged_once_with_what_to_do_and_without_a_trace(
    accounts: AccountStore, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        with pytest.raises(AccountUnreadable):
            accounts.get(DAMAGED.sid)
        accounts.list()
    (told,) = caplog.records
    assert DAMAGED.sid in told.getMessage()
    assert AccountUnreadable.mend in told.getMessage()
    assert told.exc_info is None


def test_an_account_is_closed_whatever_else_of_it_is_damaged(client: Store, accounts: AccountStore) -> None:
    accounts.add(DAMAGED)
    client.hdel(NAME, "name")
    accounts.write(DAMAGED.sid, disabled=True)
    assert client.hget(NAME, "disabled") == "1"
    with pytest.raises(AccountUnreadable, match="name is missing"):
        accounts.change(DAMAGED.sid, send_rate=1.0)


def test_an_account_that_is_no_hash_cannot_be_changed_and_is_named(client: Store, accounts: AccountStore) -> None:
    _replaced(client)
    with pytest.raises(AccountUnreadable, match="it is no hash"):
        accounts.write(DAMAGED.sid, disabled=True)


def test_the_account_of_what_is_owed_is_damage_when_it_is_missing(accounts: AccountStore) -> None:
    with pytest.raises(AccountUnreadable, match="none of this SID"):
        accounts.owner("SLgone")
    with pytest.raises(NotFound):
        accounts.get("SLgone")


def test_a_field_that_a_later_version_keeps_is_no_damage(client: Store, accounts: AccountStore) -> None:
    accounts.add(WELL)
    client.hset(keys.account(WELL.sid), "colour", "blue")
    assert accounts.get(WELL.sid) == WELL


def test_an_account_that_is_no_hash_keeps_nobody_from_opting_out(client: Store) -> None:
    _replaced(client)
    opt_outs = OptOutStore(client, key=b"k" * 32, record_ms=1000)
    assert opt_outs.change(DAMAGED.sid, "+818011234567", out=True, reason=OptOutReason.CARRIER)
    assert opt_outs.is_out(DAMAGED.sid, "+818011234567")
