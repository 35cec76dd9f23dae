"""Sessions of the dashboard: how long they last, and whose tries are counted together."""

from __future__ import annotations

from dataclasses import replace

import pytest
import redis

from shortlink.domain.account import Account, hash_token
from shortlink.domain.session import SESSION_MS, open_session, seal_session
from shortlink.storage.accounts import AccountStore
from shortlink.storage.connection import connect
from shortlink.storage.limits import LimitStore
from shortlink.use_cases.manage_accounts import AccountDesk
from shortlink.use_cases.sign_in import SignInDesk, TooManyTries

KEY = b"k" * 32
NOW = 1_795_000_000_000


class Clock:
    now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def accounts(store: redis.Redis, valkey_url: str) -> AccountStore:
    return AccountStore(connect(valkey_url))


@pytest.fixture
def account(accounts: AccountStore) -> Account:
    account = Account(sid="SLone", name="One", token_hash=hash_token("right", KEY), created_at=NOW)
    accounts.add(account)
    return account


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(accounts: AccountStore, account: Account, valkey_url: str, clock: Clock) -> SignInDesk:
    return SignInDesk(accounts=accounts, limits=LimitStore(connect(valkey_url)), key=KEY, now=clock)


def test_session_lasts_twelve_hours_and_no_longer(desk: SignInDesk, account: Account, clock: Clock) -> None:
    signed_in = desk.sign_in("SLone", "right", address="192.0.2.1")
    assert signed_in is not None
    sealed = seal_session(signed_in.session, KEY)
    clock.now += SESSION_MS - 1
    assert desk.recognise(sealed) == signed_in
    clock.now += 1
    assert desk.recognise(sealed) is None


def test_session_of_another_installation_or_with_a_longer_life_opens_nothing(
    desk: SignInDesk, account: Account
) -> None:
    session = desk.begin(account).session
    assert desk.recognise(seal_session(session, b"other" * 8)) is None
    sealed = seal_session(session, KEY)
    assert desk.recognise(sealed.replace(str(session.ends_at), str(session.ends_at + 1))) is None
    assert open_session(seal_session(replace(session, sid="SLmore.parts"), KEY), KEY) is None


def test_session_whose_account_is_gone_opens_nothing(desk: SignInDesk, account: Account) -> None:
    stranger = replace(account, sid="SLgone")
    assert desk.recognise(seal_session(desk.begin(stranger).session, KEY)) is None


def test_new_token_works_at_once_and_ends_sessions(desk: SignInDesk, accounts: AccountStore, account: Account) -> None:
    before = desk.begin(account).session
    assert desk.sign_in("SLone", "new", address="192.0.2.1") is None
    accounts.change("SLone", token_hash=hash_token("new", KEY))
    assert desk.sign_in("SLone", "new", address="192.0.2.1")
    assert desk.sign_in("SLone", "right", address="192.0.2.1") is None
    assert desk.recognise(seal_session(before, KEY)) is None


def test_nobody_signs_in_at_a_closed_account(desk: SignInDesk, accounts: AccountStore) -> None:
    accounts.change("SLone", disabled=True)
    assert desk.sign_in("SLone", "right", address="192.0.2.1") is None


def test_session_of_an_account_that_was_closed_stays_over_when_it_is_open_again(
    desk: SignInDesk, accounts: AccountStore, account: Account, clock: Clock
) -> None:
    operator = AccountDesk(accounts, KEY, now=clock)
    for _ in range(2):  # the second time, there has been one already
        before = seal_session(desk.begin(accounts.get("SLone")).session, KEY)
        assert desk.recognise(before)
        operator.disable("SLone")
        assert desk.recognise(before) is None
        operator.enable("SLone")
        assert desk.recognise(before) is None
        clock.now += 1


def test_session_ends_for_good_with_an_account_that_was_closed_before_the_moment_was_kept(
    desk: SignInDesk, accounts: AccountStore, account: Account, clock: Clock
) -> None:
    before = seal_session(desk.begin(account).session, KEY)
    accounts.change("SLone", disabled=True)
    AccountDesk(accounts, KEY, now=clock).enable("SLone")
    assert desk.recognise(before) is None


def test_session_begun_with_an_account_as_it_was_before_it_was_closed_opens_nothing(
    desk: SignInDesk, accounts: AccountStore, account: Account
) -> None:
    operator = AccountDesk(accounts, KEY)
    operator.disable("SLone")
    operator.enable("SLone")
    assert desk.recognise(seal_session(desk.begin(account).session, KEY)) is None


@pytest.mark.parametrize(
    ("addresses", "together"),
    [
        (["2001:db8:1:1::1", "2001:db8:1:1:ffff::9"], True),
        (["2001:db8:1:1::1", "2001:db8:1:2::1"], False),
        (["192.0.2.1", "192.0.2.2"], False),
        (["::ffff:192.0.2.1", "::ffff:192.0.2.2"], False),
        (["::ffff:192.0.2.1", "192.0.2.1"], True),
        (["no address", "none either"], True),
        (["", ""], True),
    ],
)
def test_tries_are_counted_by_customer_of_the_network(desk: SignInDesk, addresses: list[str], together: bool) -> None:
    first, second = addresses
    for number in range(10):
        assert desk.sign_in(f"SLnobody{number}", "x", address=first) is None
    if together:
        with pytest.raises(TooManyTries) as caught:
            desk.sign_in("SLone", "right", address=second)
        assert 1 <= caught.value.wait_seconds <= 10
    else:
        assert desk.sign_in("SLone", "right", address=second)


def test_store_does_not_learn_who_tried(desk: SignInDesk, store: redis.Redis) -> None:
    desk.sign_in("SLnobody", "x", address="192.0.2.77")
    kept = [key for key in store.keys("limit:*") if "address" in key]
    assert len(kept) == 1
    assert "192.0.2" not in kept[0]
    assert store.ttl(kept[0]) < 200
