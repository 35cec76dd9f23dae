"""Sign somebody in at the dashboard, and tell who a session belongs to."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from dataclasses import dataclass

from shortlink.domain.account import MAX_SID, Account, token_matches
from shortlink.domain.client_address import network_of
from shortlink.domain.errors import NotFound, ShortlinkError
from shortlink.domain.session import Session, begin_session, open_session
from shortlink.storage.accounts import AccountStore
from shortlink.storage.limits import LimitStore
from shortlink.use_cases.machine_clock import now_ms

TRIES_AT_ONCE = 10
TRIES_A_SECOND = 0.1


class TooManyTries(ShortlinkError):
    """Something was tried too often, from one address or by one account; try again after `wait_seconds`."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__("too many tries")
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """An account and the session that opens it."""

    account: Account
    session: Session


class SignInDesk:
    """Signs in, and recognises who is signed in.

    Tries are counted before the token is looked at and in the store, so that neither several at once nor several
    processes allow more of them: ten at once and one every ten seconds from an address.
    They are not counted for an account: its token is 178 random bits, which no number of tries finds, and whoever knew
    a SID could keep its owner out.
    """

    def __init__(
        self,
        *,
        accounts: AccountStore,
        limits: LimitStore,
        key: bytes,
        now: Callable[[], int] = now_ms,
    ) -> None:
        self.key = key
        self._accounts = accounts
        self._limits = limits
        self._now = now

    def sign_in(self, sid: str, token: str, *, address: str) -> SignedIn | None:
        """Begin a session, or None for credentials that open nothing, whatever the reason. Raises TooManyTries."""
        count_try(self._limits, "sign-in-address", self._disguise(network_of(address)))
        if not 0 < len(sid) <= MAX_SID or not sid.isascii() or not sid.isalnum():
            return None
        account = self._find(sid)
        if account is None or not token_matches(account, token, self.key) or account.disabled:
            return None
        return self.begin(account)

    def begin(self, account: Account) -> SignedIn:
        """Begin a session of an account whose credentials were checked, or just replaced."""
        return SignedIn(account=account, session=begin_session(account, now=self._now(), key=self.key))

    def recognise(self, sealed: str) -> SignedIn | None:
        """Tell who a session belongs to; None when it is over or forged."""
        session = open_session(sealed, self.key)
        if session is None:
            return None
        account = self._find(session.sid)
        if account is None or not session.opens(account, now=self._now(), key=self.key):
            return None
        return SignedIn(account=account, session=session)

    def _find(self, sid: str) -> Account | None:
        try:
            return self._accounts.get(sid)
        except NotFound:
            return None

    def _disguise(self, network: str) -> str:
        """Name an address so that the store does not know it."""
        return hmac.digest(self.key, f"address:{network}".encode(), "sha256").hex()[:32]


def count_try(limits: LimitStore, kind: str, name: str) -> None:
    """Count a try before it is made: ten at once and one every ten seconds. Raises TooManyTries."""
    allowance = limits.take(kind, name, rate=TRIES_A_SECOND, burst=TRIES_AT_ONCE)
    if not allowance.granted:
        raise TooManyTries(max(1, math.ceil(allowance.wait_ms / 1000)))
