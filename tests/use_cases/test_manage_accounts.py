"""What several people do to one account at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from shortlink.domain.account import (
    MOST_SECRETS,
    SECRET_OVERLAP_MS,
    Account,
    AccountChanged,
    TooManyRotations,
    signing_secrets,
    token_matches,
)
from shortlink.storage.accounts import AccountStore
from shortlink.storage.connection import Store, connect
from shortlink.use_cases.manage_accounts import AccountDesk

KEY = b"k" * 32
NOW = 1_795_000_000_000
SID = "SLtestaccount"


@dataclass
class Interrupted(AccountStore):
    """A store that lets something happen right after an account was read."""

    store: Store
    then: list[Callable[[], object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.store)

    def get(self, sid: str) -> Account:
        found = super().get(sid)
        if self.then:
            self.then.pop()()
        return found


@pytest.fixture
def operator(accounts: AccountStore) -> AccountDesk:
    return AccountDesk(accounts, KEY, now=lambda: NOW)


@pytest.fixture
def interrupted(valkey_url: str, accounts: AccountStore) -> Interrupted:
    """What the customer uses: a connection of its own."""
    return Interrupted(connect(valkey_url))


@pytest.fixture
def customer(interrupted: Interrupted) -> AccountDesk:
    return AccountDesk(interrupted, KEY, now=lambda: NOW)


@pytest.mark.parametrize(
    "act",
    [
        lambda desk: desk.rotate_secret(SID),
        lambda desk: desk.rotate_token(SID),
        lambda desk: desk.rotate_token(SID, instead_of=desk.get(SID)),
        lambda desk: desk.change(SID, hold_unconfirmed=True),
    ],
)
def test_an_account_that_is_closed_meanwhile_stays_closed(
    operator: AccountDesk,
    customer: AccountDesk,
    interrupted: Interrupted,
    client: Store,
    act: Callable[[AccountDesk], object],
) -> None:
    interrupted.then.append(lambda: operator.disable(SID))
    act(customer)
    for missed in interrupted.then:  # a change that reads nothing leaves no moment in between
        missed()
    assert operator.get(SID).disabled
    assert client.sismember("{a}off", SID)


def test_terms_and_tokens_do_not_overwrite_each_other(
    operator: AccountDesk, customer: AccountDesk, interrupted: Interrupted
) -> None:
    tokens: list[str] = []
    interrupted.then.append(lambda: tokens.append(operator.rotate_token(SID)))
    customer.rotate_secret(SID)
    assert operator.change(SID, send_rate=3.0).secret_version == 2
    assert token_matches(operator.get(SID), tokens[0], KEY)


def test_a_token_that_was_replaced_meanwhile_gives_nobody_the_next_one(
    operator: AccountDesk, customer: AccountDesk
) -> None:
    came_in = customer.get(SID)
    token = operator.rotate_token(SID)
    with pytest.raises(AccountChanged):
        customer.rotate_token(SID, instead_of=came_in)
    assert operator.check(SID, token)


def test_two_rotations_at_once_give_two_secrets_and_all_three_sign(
    operator: AccountDesk, customer: AccountDesk, interrupted: Interrupted
) -> None:
    first, between = operator.secret(SID), list[str]()
    interrupted.then.append(lambda: between.append(operator.rotate_secret(SID)))
    last = customer.rotate_secret(SID)
    assert signing_secrets(operator.get(SID), NOW, KEY) == [last, *between, first]


def test_each_secret_signs_until_its_own_two_days_are_over(accounts: AccountStore) -> None:
    now = NOW
    desk = AccountDesk(accounts, KEY, now=lambda: now)
    made = [desk.secret(SID)]
    for _ in range(MOST_SECRETS - 1):
        made.insert(0, desk.rotate_secret(SID))
        now += 60_000
    with pytest.raises(TooManyRotations, match="possible in 48 hours"):
        desk.rotate_secret(SID)
    assert signing_secrets(desk.get(SID), NOW + SECRET_OVERLAP_MS - 1, KEY) == made
    now = NOW + SECRET_OVERLAP_MS
    assert signing_secrets(desk.get(SID), now, KEY) == made[:-1]
    made.insert(0, desk.rotate_secret(SID))
    assert signing_secrets(desk.get(SID), now, KEY) == made[:-1]
    assert signing_secrets(desk.get(SID), now + SECRET_OVERLAP_MS, KEY) == made[:1]
