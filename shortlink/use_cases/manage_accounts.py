"""Add, list, rotate and switch off accounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from shortlink.domain.account import (
    Account,
    AccountChanged,
    hash_token,
    new_sid,
    new_token,
    note_rotation,
    token_matches,
    webhook_secret,
)
from shortlink.domain.errors import AccountUnreadable, NotFound
from shortlink.storage.accounts import AccountStore
from shortlink.use_cases.machine_clock import now_ms


class Terms(TypedDict, total=False):
    """What an operator may decide for one account; what is left out stays as it is.

    Rates are calls a second, 0 for no limit, None for the installation's setting.
    """

    send_rate: float | None
    list_rate: float | None
    hold_unconfirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """The credentials of a new account; the token cannot be read again later."""

    sid: str
    auth_token: str
    webhook_secret: str


class AccountDesk:
    """What an operator does with accounts, and a customer with its own.

    Every change writes its own fields only, so that none undoes another that is made at the same time.
    """

    def __init__(self, accounts: AccountStore, key: bytes, *, now: Callable[[], int] = now_ms) -> None:
        self._accounts = accounts
        self._key = key
        self._now = now

    def add(self, name: str, **terms: Unpack[Terms]) -> NewAccount:
        """Create an account."""
        token = new_token()
        account = Account(
            sid=new_sid(),
            name=name,
            token_hash=hash_token(token, self._key),
            created_at=self._now(),
            **terms,
        )
        self._accounts.add(account)
        return NewAccount(sid=account.sid, auth_token=token, webhook_secret=self.secret(account.sid))

    def list(self) -> Sequence[Account]:
        """List all accounts that can be read, oldest first."""
        return self._accounts.list()

    def damaged(self) -> Sequence[AccountUnreadable]:
        """Say of each account that cannot be read why."""
        return self._accounts.damaged()

    def get(self, sid: str) -> Account:
        """Read one account. Raises NotFound and AccountUnreadable."""
        return self._accounts.get(sid)

    def change(self, sid: str, **terms: Unpack[Terms]) -> Account:
        """Change an account's terms and return it as it is now; the doors see it within a second. Raises NotFound."""
        return self._accounts.change(sid, **terms)

    def check(self, sid: str, token: str) -> bool:
        """Say whether this token opens this account now."""
        try:
            account = self._accounts.get(sid)
        except NotFound:
            return False
        return token_matches(account, token, self._key) and not account.disabled

    def secret(self, sid: str) -> str:
        """Read an account's current webhook secret. Raises NotFound."""
        account = self._accounts.get(sid)
        return webhook_secret(sid, account.secret_version, self._key)

    def rotate_token(self, sid: str, *, instead_of: Account | None = None) -> str:
        """Give an account a new token; the old one stops at once.

        With `instead_of`, only if the account still has the token that it had then: whoever came in with a token that
        was replaced meanwhile does not get the new one. Raises NotFound and AccountChanged.
        """
        token = new_token()
        seen = {"token_hash": instead_of.token_hash} if instead_of else None
        self._accounts.write(sid, seen=seen, token_hash=hash_token(token, self._key))
        return token

    def rotate_secret(self, sid: str) -> str:
        """Give an account a new webhook secret; the old one signs as well for two days.

        Raises NotFound and TooManyRotations.
        """
        while True:  # tried again after a rotation by somebody else, of which there can only be a few
            account = self._accounts.get(sid)
            version, rotated_at = account.secret_version + 1, note_rotation(account.secret_rotated_at, self._now())
            seen = {"secret_version": account.secret_version}
            try:
                self._accounts.write(sid, seen=seen, secret_version=version, secret_rotated_at=rotated_at)
            except AccountChanged:
                continue
            return webhook_secret(sid, version, self._key)

    def disable(self, sid: str) -> None:
        """Close an account: its token stops working within a second, its sessions end for good. Raises NotFound.

        Works whatever else of it is damaged, unless it is no hash: then it raises AccountUnreadable.
        """
        self._accounts.write(sid, disabled=True, disabled_at=self._now())

    def enable(self, sid: str) -> None:
        """Open a closed account again; who was signed in has to sign in anew. Raises NotFound."""
        closed_at = self._accounts.get(sid).disabled_at
        # One that was closed before that moment was kept would let its sessions in again.
        self._accounts.write(sid, disabled=False, disabled_at=self._now() if closed_at is None else closed_at)
