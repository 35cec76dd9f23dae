"""Whose SID and token open the API."""

from __future__ import annotations

import pytest

from shortlink.domain.account import Account, hash_token
from shortlink.storage.accounts import AccountStore
from shortlink.storage.steps import Steps
from shortlink.use_cases import authenticate
from shortlink.use_cases.authenticate import FRESH_SECONDS, Authenticator
from tests.clock import Clock

KEY = b"k" * 32


@pytest.fixture
def account(accounts: AccountStore) -> Account:
    account = Account(sid="SLone", name="One", token_hash=hash_token("right", KEY), created_at=1)
    accounts.add(account)
    return account


@pytest.fixture
def authenticator(accounts: AccountStore, clock: Clock) -> Authenticator:
    return Authenticator(accounts, KEY, clock=clock)


def test_only_the_right_token_opens_an_account(authenticator: Authenticator, account: Account) -> None:
    assert authenticator.authenticate("SLone", "right") == account
    assert authenticator.authenticate("SLone", "wrong") is None
    assert authenticator.authenticate("SLnobody", "right") is None


def test_a_closed_account_is_not_opened_by_its_token_until_it_is_open_again(
    authenticator: Authenticator, accounts: AccountStore, account: Account, clock: Clock
) -> None:
    for closed in (True, False):
        assert (authenticator.authenticate("SLone", "right") is None) is not closed
        accounts.change("SLone", disabled=closed)
        clock.now += FRESH_SECONDS
        assert (authenticator.authenticate("SLone", "right") is None) is closed


@pytest.fixture
def asked(accounts: AccountStore, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the SIDs that the store is asked for."""
    sids: list[str] = []
    get_steps = accounts.get_steps

    def note(sid: str) -> Steps[Account]:
        sids.append(sid)
        return get_steps(sid)

    monkeypatch.setattr(accounts, "get_steps", note)
    return sids


@pytest.mark.parametrize("sid", ["SLone", "SLnobody"])
def test_a_burst_costs_one_look_up_also_where_there_is_no_such_account(
    authenticator: Authenticator, account: Account, asked: list[str], clock: Clock, sid: str
) -> None:
    for _ in range(10):
        authenticator.authenticate(sid, "right")
    clock.now += FRESH_SECONDS
    authenticator.authenticate(sid, "right")
    assert asked == [sid] * 2


def test_who_makes_up_sids_does_not_fill_the_memory(
    authenticator: Authenticator, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authenticate, "KEPT_AT_MOST", 10)
    for number in range(25):
        authenticator.authenticate(f"SL{number}", "right")
        assert len(authenticator._known) <= 10
    assert authenticator.authenticate("SLone", "right") == account
